//! All mails, pages and SMS with samples, to be looked at: served in development, or written into a folder.

use minijinja::Value;
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{
    TemplateError, Templates,
    catalogue::{Kind, Template},
    mail::{one_line, subject_and_text},
    meaning,
    page::Page,
    sample::Sample,
};

/// A sample in words. A mail's text goes with its HTML.
#[derive(Debug, Serialize)]
pub(crate) struct Preview {
    /// The template's file, of a mail that with the HTML.
    name: &'static str,
    /// What is particular about this sample.
    case: &'static str,
    /// `page`, `mail` or `sms`.
    kind: &'static str,
    purpose: &'static str,
    /// The file of the filled HTML; empty for an SMS.
    pub(crate) file: String,
    /// The file of the text; empty for a page.
    pub(crate) text_file: String,
    subject: String,
    text: String,
    #[serde(skip)]
    pub(crate) html: String,
    variables: Vec<Variable>,
}

#[derive(Debug, Serialize)]
struct Variable {
    name: String,
    meaning: &'static str,
    value: String,
}

impl Preview {
    /// For trying the page of previews out.
    pub(super) fn sample() -> Self {
        let variable = Variable { name: "name".to_owned(), meaning: meaning("name"), value: "John".to_owned() };
        Self {
            name: "registration.html",
            case: "",
            kind: Kind::Mail.as_str(),
            purpose: "Welcome.",
            file: "registration.html".to_owned(),
            text_file: "registration.txt".to_owned(),
            subject: "Welcome".to_owned(),
            text: "Welcome, John!".to_owned(),
            html: "<p>Welcome, John!</p>".to_owned(),
            variables: vec![variable],
        }
    }

    fn of(sample: &Sample, filled: String) -> Self {
        let Template { name, kind, purpose, .. } = *sample.template;
        let is_html = kind != Kind::Sms;
        Self {
            name,
            case: sample.case,
            kind: kind.as_str(),
            purpose,
            file: if is_html { file(name, sample.case) } else { String::new() },
            text_file: if is_html { String::new() } else { name.to_owned() },
            subject: String::new(),
            text: if is_html { String::new() } else { one_line(&filled) },
            html: if is_html { filled } else { String::new() },
            variables: sample.names().into_iter().map(|name| variable(&sample.values, name)).collect(),
        }
    }

    /// What is written into the text's file.
    pub(crate) fn plain(&self) -> String {
        match self.subject.as_str() {
            "" => format!("{}\n", self.text),
            subject => format!("Subject: {subject}\n\n{}", self.text),
        }
    }
}

/// `reset.html`, `reset-refused.html`
fn file(name: &str, case: &str) -> String {
    match (case, name.rsplit_once('.')) {
        ("", _) | (_, None) => name.to_owned(),
        (case, Some((stem, ending))) => format!("{stem}-{case}.{ending}"),
    }
}

fn variable(values: &Value, name: String) -> Variable {
    let value = values.get_attr(&name).unwrap_or_default();
    // What has parts is seen on the page itself.
    let value = if value.try_iter().is_ok() && value.as_str().is_none() { "…".to_owned() } else { value.to_string() };
    Variable { meaning: meaning(&name), name, value }
}

impl Templates {
    /// All samples, filled; the page of previews itself is not among them.
    pub(crate) fn previews(&self, now: Timestamp) -> Result<Vec<Preview>, TemplateError> {
        let mut previews: Vec<Preview> = Vec::new();
        for sample in self.samples(now).iter().filter(|sample| sample.template.name != "preview.html") {
            let filled = self.engine.fill(sample.template.name, sample.values.clone())?;
            let is_text_of_mail = sample.template.kind == Kind::Mail && sample.template.name.ends_with(".txt");
            match previews.last_mut().filter(|_| is_text_of_mail) {
                Some(mail) => {
                    sample.template.name.clone_into(&mut mail.text_file);
                    (mail.subject, mail.text) = subject_and_text(&filled).unwrap_or_default();
                }
                None => previews.push(Preview::of(sample, filled)),
            }
        }
        Ok(previews)
    }

    /// The page that shows them, when their files are at this prefix.
    pub(crate) fn gallery(&self, previews: &[Preview], prefix: &str, now: Timestamp) -> Result<String, TemplateError> {
        self.page(&Page::Preview { previews, prefix }, "", now)
    }
}
