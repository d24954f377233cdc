//! Mails: subject and text from the `.txt`, the rest from the `.html`.

use std::time::Duration;

use minijinja::{Value, context};
use portcullis_core::{
    clock::Timestamp,
    email::EmailAddress,
    error::Cause,
    message::{Links, Mail, MailKind, Recipient},
    port::Render,
    realm::RealmName,
};

use super::{TemplateError, Templates};

/// The files of a mail: text and HTML.
const fn files(kind: MailKind) -> (&'static str, &'static str) {
    match kind {
        MailKind::VerifyEmail => ("mail_email_verify.txt", "mail_email_verify.html"),
        MailKind::AlreadyRegistered => ("mail_already_registered.txt", "mail_already_registered.html"),
        MailKind::Welcome => ("registration.txt", "registration.html"),
    }
}

impl Render for Templates {
    fn mail(
        &self,
        kind: MailKind,
        realm: &RealmName,
        recipient: &Recipient,
        links: &Links,
        now: Timestamp,
    ) -> Result<Mail, Cause> {
        let words = self.words(kind, realm.as_str(), &recipient.name, links, now)?;
        Ok(Mail {
            message_id: String::new(),
            to: EmailAddress::parse(&recipient.to)?,
            subject: words.subject,
            text: words.text,
            html: words.html,
            links: links.verification_url.iter().chain(&links.undo_url).cloned().collect(),
        })
    }
}

struct Words {
    subject: String,
    text: String,
    html: String,
}

impl Templates {
    fn words(
        &self,
        kind: MailKind,
        realm: &str,
        name: &str,
        links: &Links,
        now: Timestamp,
    ) -> Result<Words, TemplateError> {
        let (text_file, html_file) = files(kind);
        let values = self.values(realm, name, links, now);
        let text = self.engine.fill(text_file, values.clone())?;
        let html = self.engine.fill(html_file, values)?;
        let no_subject = || TemplateError::NoSubject { name: text_file };
        let (head, body) = text.split_once("\n\n").ok_or_else(no_subject)?;
        let subject = head.trim().strip_prefix("Subject:").ok_or_else(no_subject)?;
        Ok(Words { subject: one_line(subject), text: body.trim_start().to_owned(), html })
    }

    fn values(&self, realm: &str, name: &str, links: &Links, now: Timestamp) -> Value {
        context! {
            app_name => self.look.app_name.as_str(),
            name,
            realm,
            year => now.year(),
            verification_url => links.verification_url.as_deref().unwrap_or_default(),
            undo_url => links.undo_url.as_deref().unwrap_or_default(),
            valid_for => in_words(links.lifetime),
        }
    }

    pub(super) fn try_mails(&self) -> Result<(), TemplateError> {
        let link = |page: &str| Some(format!("https://auth.example.com/User1/{page}?token=sample"));
        let lifetime = Duration::from_secs(24 * 3600);
        let links = Links { verification_url: link("verify"), undo_url: link("undo"), lifetime };
        MailKind::ALL
            .iter()
            .try_for_each(|&kind| self.words(kind, "User1", "John", &links, Timestamp::default()).map(|_| ()))
    }
}

/// `24 hours`, `30 minutes`, `2 days`: rounded down to the largest unit of which there are at least two.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
    let fitting = units.into_iter().find(|(unit, _)| seconds >= 2 * unit && !(*unit == 86_400 && seconds < 3 * unit));
    let (unit, name) = fitting.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / unit)
}

/// A subject is one line, whatever a template or a name holds.
fn one_line(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ")
}
