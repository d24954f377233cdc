//! Previews of all emails, pages and SMS: served in development, or written into a folder.

use minijinja::{Value, context};
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{
    TemplateError, Templates,
    catalogue::{Template, TemplateKind},
    mails::{one_line, subject_and_text},
    meaning,
    sample::Sample,
};

/// A rendered sample. The preview of an email combines its HTML and its text.
#[derive(Debug, Serialize)]
pub(crate) struct Preview {
    /// Template name. An email has the name of its HTML part.
    name: &'static str,
    /// Anchor on the overview.
    id: String,
    /// `page`, `mail` or `sms`.
    kind: &'static str,
    /// Label of the sample's case.
    case: &'static str,
    purpose: &'static str,
    /// File name of the rendered HTML. Empty for an SMS.
    pub(crate) file: String,
    /// Template of the text part. Empty for a page.
    text_file: &'static str,
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
    fn of(sample: &Sample, filled: String) -> Self {
        let Template { name, purpose, kind, .. } = *sample.template;
        let variables = sample.names().into_iter().map(|name| variable(&sample.values, name)).collect();
        let bare = Self {
            name,
            id: file(name, sample.case),
            kind: kind.as_str(),
            case: sample.case,
            purpose,
            file: String::new(),
            text_file: "",
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            variables,
        };
        match kind {
            TemplateKind::Sms => Self { text_file: name, text: one_line(&filled), ..bare },
            _ => Self { file: file(name, sample.case), html: filled, ..bare },
        }
    }
}

/// Returns the file name of a sample: `reset.html`, `reset-refused.html`.
fn file(name: &str, case: &str) -> String {
    match (case, name.rsplit_once('.')) {
        ("", _) | (_, None) => name.to_owned(),
        (case, Some((stem, ending))) => format!("{stem}-{case}.{ending}"),
    }
}

fn variable(values: &Value, name: String) -> Variable {
    let value = values.get_attr(&name).unwrap_or_default().to_string();
    Variable { meaning: meaning(&name), name, value }
}

/// Returns whether this is the plain text that belongs to the HTML before it.
fn is_text_of_mail(template: &Template) -> bool {
    template.kind == TemplateKind::Mail && template.name.ends_with(".txt")
}

impl Templates {
    /// Renders all samples. `root` is the base path of the stylesheet.
    pub(crate) fn previews(&self, root: &str, now: Timestamp) -> Result<Vec<Preview>, TemplateError> {
        let mut previews: Vec<Preview> = Vec::new();
        for sample in self.samples(now) {
            let name = sample.template.name;
            let filled = self.render(&sample, root)?;
            match previews.last_mut().filter(|_| is_text_of_mail(sample.template)) {
                Some(mail) => {
                    mail.text_file = name;
                    (mail.subject, mail.text) = subject_and_text(&filled).unwrap_or_default();
                }
                None => previews.push(Preview::of(&sample, filled)),
            }
        }
        Ok(previews)
    }

    /// Renders the sample with this file name as HTML. Returns `None` if there is none.
    pub(crate) fn preview(&self, wanted: &str, root: &str, now: Timestamp) -> Result<Option<String>, TemplateError> {
        let is_wanted = |sample: &Sample| {
            let is_html = sample.template.kind != TemplateKind::Sms && !is_text_of_mail(sample.template);
            is_html && file(sample.template.name, sample.case) == wanted
        };
        self.samples(now).iter().find(|sample| is_wanted(sample)).map(|sample| self.render(sample, root)).transpose()
    }

    fn render(&self, sample: &Sample, root: &str) -> Result<String, TemplateError> {
        self.engine.fill(sample.template.name, context! { root, ..sample.values.clone() })
    }
}
