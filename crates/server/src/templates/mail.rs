//! Mails: subject and text from the `.txt`, the rest from the `.html`.

use std::time::Duration;

use minijinja::{Value, context};
use portcullis_core::{
    clock::Timestamp,
    email::EmailAddress,
    error::Cause,
    message::{Links, Mail, MessageKind, Recipient},
    port::Render,
    realm::RealmName,
};

use super::{TemplateError, Templates};

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
        let words = self.words(kind, realm.as_str(), &recipient.name, links, now)?;
        Ok(Mail {
            message_id: String::new(),
            to: EmailAddress::parse(&recipient.to)?,
            subject: words.subject,
            text: words.text,
            html: words.html,
            links: links.verification_url.iter().chain(&links.undo_url).chain(&links.reset_url).cloned().collect(),
        })
    }

    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause> {
        Ok(self.sms(realm.as_str(), code, lifetime, now)?)
    }
}

impl Templates {
    fn sms(&self, realm: &str, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, TemplateError> {
        let base = self.values(realm, "", &Links { lifetime, ..Links::default() }, now);
        let text = self.engine.fill("sms_code.txt", context! { code, ..base })?;
        Ok(one_line(&text))
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
        kind: MessageKind,
        realm: &str,
        name: &str,
        links: &Links,
        now: Timestamp,
    ) -> Result<Words, TemplateError> {
        let (text_file, html_file) = files(kind).ok_or(TemplateError::NotAMail)?;
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
            reset_url => links.reset_url.as_deref().unwrap_or_default(),
            valid_for => in_words(links.lifetime),
        }
    }

    pub(super) fn try_mails(&self) -> Result<(), TemplateError> {
        let link = |page: &str| Some(format!("https://auth.example.com/User1/{page}?token=sample"));
        let lifetime = Duration::from_secs(24 * 3600);
        let links = Links {
            verification_url: link("verify"),
            undo_url: link("undo"),
            reset_url: link("reset_password_form"),
            lifetime,
        };
        self.sms("User1", "123456", lifetime, Timestamp::default())?;
        MessageKind::MAILS
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
