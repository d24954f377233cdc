//! Mails: subject and text from the `.txt`, the rest from the `.html`.

mod wrap;

use std::{collections::BTreeMap, time::Duration};

use minijinja::{Value, context};
use portcullis_core::{
    account::email::EmailAddress,
    clock::Timestamp,
    error::Cause,
    id::RealmName,
    message::{Links, Mail, MessageKind, Recipient},
    port::Render,
};

use self::wrap::wrap;
use super::{
    TemplateError, Templates,
    catalogue::{Kind, Template},
    issue::Fault,
    sample::Sample,
};

const SMS: &str = "sms_code.txt";

/// The files of a mail: text and HTML.
const fn files(kind: MessageKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        MessageKind::VerifyEmail => ("mail_email_verify.txt", "mail_email_verify.html"),
        MessageKind::AlreadyRegistered => ("mail_already_registered.txt", "mail_already_registered.html"),
        MessageKind::Welcome => ("registration.txt", "registration.html"),
        MessageKind::ResetPassword => ("mail_password_reset.txt", "mail_password_reset.html"),
        MessageKind::PasswordChanged => ("mail_password_changed.txt", "mail_password_changed.html"),
        MessageKind::AccountDeleted => ("mail_account_deleted.txt", "mail_account_deleted.html"),
        MessageKind::PhoneCode | MessageKind::SmsStatus => return None,
    })
}

impl Render for Templates {
    fn mail(
        &self,
        kind: MessageKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause> {
        let (text_file, html_file) = files(kind).ok_or("this message is no mail")?;
        let values = self.mail_values(realm.as_str(), &recipient.name, links, now);
        let (subject, text) = subject_and_text(&self.engine.fill(text_file, values.clone())?)
            .ok_or_else(|| TemplateError::from(self.no_subject(text_file)))?;
        Ok(Mail {
            message_id: String::new(),
            to: EmailAddress::parse(&recipient.to)?,
            subject,
            text,
            html: self.engine.fill(html_file, values)?,
            links: links.verification_url.iter().chain(&links.undo_url).chain(&links.reset_url).cloned().collect(),
        })
    }

    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause> {
        let text = self.engine.fill(SMS, self.sms_values(realm.as_str(), code, lifetime, now))?;
        Ok(one_line(&text))
    }
}

impl Templates {
    fn mail_values(&self, realm: &str, name: &str, links: &Links, now: Timestamp) -> Value {
        let urls = [
            ("verification_url", &links.verification_url),
            ("undo_url", &links.undo_url),
            ("reset_url", &links.reset_url),
        ];
        let urls = urls.into_iter().filter_map(|(name, url)| Some((name, Value::from(url.as_deref()?))));
        let mut values: BTreeMap<&str, Value> = urls.collect();
        if !values.is_empty() {
            values.insert("valid_for", in_words(links.lifetime).into());
        }
        values.insert("name", name.into());
        context! { ..Value::from(values), ..self.message_values(realm, now) }
    }

    fn sms_values(&self, realm: &str, code: &str, lifetime: Duration, now: Timestamp) -> Value {
        context! { code, valid_for => in_words(lifetime), ..self.message_values(realm, now) }
    }

    fn message_values(&self, realm: &str, now: Timestamp) -> Value {
        context! { app_name => self.branding.app_name.as_str(), realm, year => now.year() }
    }

    /// All that goes out, to John.
    pub(super) fn mail_samples(&self, now: Timestamp) -> Vec<Sample> {
        let mails = MessageKind::MAILS.iter().filter_map(|&kind| Some((kind, files(kind)?)));
        let mails = mails.flat_map(|(kind, (text, html))| {
            let values = self.mail_values("User1", "John", &sample_links(kind), now);
            [Sample::of(html, "", values.clone()), Sample::of(text, "", values)]
        });
        let code = self.sms_values("User1", "123456", Duration::from_secs(300), now);
        mails.chain([Sample::of(SMS, "", code)]).flatten().collect()
    }

    /// Of a mail's text: its subject must come first.
    pub(super) fn has_subject(&self, template: &Template, filled: &str) -> Result<(), TemplateError> {
        let is_text = template.kind == Kind::Mail && template.name.ends_with(".txt");
        if is_text && subject_and_text(filled).is_none() {
            return Err(self.no_subject(template.name).into());
        }
        Ok(())
    }

    fn no_subject(&self, name: &str) -> Fault {
        let text = "must begin with a line `Subject: …` and an empty line".to_owned();
        Fault { file: self.engine.file(name), line: Some(1), text }
    }
}

/// The links that a mail of this kind carries.
fn sample_links(kind: MessageKind) -> Links {
    let link = |page: &str| {
        let token = "c2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxl";
        Some(format!("https://accounts.example.com/User1/{page}?token={token}"))
    };
    match kind {
        MessageKind::VerifyEmail => Links {
            verification_url: link("verify"),
            undo_url: link("undo"),
            lifetime: Duration::from_secs(24 * 3600),
            ..Links::default()
        },
        MessageKind::ResetPassword => {
            Links { reset_url: link("reset_password_form"), lifetime: Duration::from_secs(30 * 60), ..Links::default() }
        }
        _ => Links::default(),
    }
}

/// What a filled `.txt` says: its subject, and the text in short lines.
pub(super) fn subject_and_text(filled: &str) -> Option<(String, String)> {
    let (head, body) = filled.split_once("\n\n")?;
    let subject = head.trim().strip_prefix("Subject:")?;
    Some((one_line(subject), wrap(body.trim_start())))
}

/// `24 hours`, `30 minutes`, `2 days`: rounded down to the largest unit of which there are at least two.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
    let fitting = units.into_iter().find(|(unit, _)| seconds >= 2 * unit && !(*unit == 86_400 && seconds < 3 * unit));
    let (unit, name) = fitting.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / unit)
}

/// A subject is one line, whatever a template or a name holds; so is an SMS.
pub(super) fn one_line(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ")
}
