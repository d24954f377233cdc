//! Emails and SMS. One file per message, with its templates and sample data. Subject and plain text of an email come
//! from the `.txt` template, its HTML from the `.html` template.

/// Declares an email from the common stem of its two templates and its purpose.
macro_rules! mail {
    ($stem:literal, $purpose:literal) => {
        $crate::templates::mails::MailView {
            stem: $stem,
            html: $crate::templates::catalogue::Template {
                name: concat!($stem, ".html"),
                kind: $crate::templates::catalogue::TemplateKind::Mail,
                purpose: $purpose,
                source: source!(concat!("mails/", $stem, ".html")),
            },
            text: $crate::templates::catalogue::Template {
                name: concat!($stem, ".txt"),
                kind: $crate::templates::catalogue::TemplateKind::Mail,
                purpose: "Its subject and plain text.",
                source: source!(concat!("mails/", $stem, ".txt")),
            },
            sample_lifetime: std::time::Duration::ZERO,
            facts: &[],
        }
    };
}

mod account_deleted;
mod addition_undone;
mod already_registered;
mod email_change;
mod email_change_undone;
mod email_changed;
mod factor_added;
mod factor_added_for_good;
mod factor_removed;
mod identities;
mod impersonated;
mod invitation;
mod new_device;
mod passkey_counter;
mod password_change_required;
mod password_changed;
mod password_changed_by_user;
mod password_removed;
mod phone_changed;
mod phone_code;
mod phone_removed;
mod recovery_code_used;
mod recovery_codes_renewed;
mod reset_password;
mod signin_code;
mod two_step_changed;
mod verify_email;
mod welcome;
mod wrap;
mod wrong_factors;

use std::{collections::BTreeMap, time::Duration};

use minijinja::{Value, context};
use portcullis_core::{
    account::email::EmailAddress,
    clock::Timestamp,
    error::Cause,
    id::RealmName,
    message::{LinkSpec, Links, Mail, MessageKind, Recipient},
    port::Render,
};

pub(in crate::templates) use self::new_device::in_words as long_time;
use self::{phone_code::PHONE_CODE, wrap::wrap};
use super::{
    TemplateError, Templates,
    catalogue::{Template, TemplateKind},
    issue::TemplateIssue,
    sample::Sample,
};
use crate::config::Branding;

/// An email's entry in the catalogue.
#[derive(Debug)]
pub(super) struct MailView {
    /// Name of the templates without suffix, as in the [`Spec`](portcullis_core::message::Spec) of the message.
    stem: &'static str,
    html: Template,
    text: Template,
    /// Lifetime of the links in the sample.
    sample_lifetime: Duration,
    /// Further template values with the values used in the sample.
    facts: &'static [(&'static str, &'static str)],
}

/// All emails, in documentation order.
static MAILS: &[MailView] = &[
    verify_email::VERIFY_EMAIL,
    welcome::WELCOME,
    already_registered::ALREADY_REGISTERED,
    reset_password::RESET_PASSWORD,
    password_changed::PASSWORD_CHANGED,
    password_changed_by_user::PASSWORD_CHANGED_BY_USER,
    password_change_required::PASSWORD_CHANGE_REQUIRED,
    email_change::EMAIL_CHANGE,
    email_changed::EMAIL_CHANGED,
    email_change_undone::EMAIL_CHANGE_UNDONE,
    phone_changed::PHONE_CHANGED,
    phone_removed::PHONE_REMOVED,
    factor_added::FACTOR_ADDED,
    factor_added_for_good::FACTOR_ADDED_FOR_GOOD,
    factor_removed::FACTOR_REMOVED,
    addition_undone::ADDITION_UNDONE,
    identities::LINK_IDENTITY,
    signin_code::SIGNIN_CODE,
    identities::IDENTITY_LINKED,
    identities::IDENTITY_LINKED_FOR_GOOD,
    identities::IDENTITY_UNLINKED,
    two_step_changed::TWO_STEP_CHANGED,
    recovery_code_used::RECOVERY_CODE_USED,
    recovery_codes_renewed::RECOVERY_CODES_RENEWED,
    wrong_factors::WRONG_FACTORS,
    passkey_counter::PASSKEY_COUNTER,
    password_removed::PASSWORD_REMOVED,
    new_device::NEW_DEVICE,
    invitation::INVITATION,
    invitation::ADMIN_INVITATION,
    impersonated::IMPERSONATED,
    account_deleted::ACCOUNT_DELETED,
];

/// Returns the templates of all mails.
pub(super) fn mail_templates() -> impl Iterator<Item = &'static Template> {
    MAILS.iter().flat_map(|mail| [&mail.html, &mail.text])
}

/// Returns the templates of all SMS.
pub(super) fn sms_templates() -> impl Iterator<Item = &'static Template> {
    std::iter::once(&PHONE_CODE)
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
        let view = MailView::of(kind).ok_or("no template for this kind of message")?;
        let templates = self.of(realm.as_str());
        let facts = view.facts.iter().map(|(fact, _)| (*fact, recipient.facts.get(*fact).map_or("", String::as_str)));
        let values = templates.mail_values(realm.as_str(), recipient, (links, facts.collect()), now);
        let text_file = view.text.name;
        let (subject, text) = subject_and_text(&templates.engine.fill(text_file, values.clone())?)
            .ok_or_else(|| TemplateError::from(templates.no_subject(text_file)))?;
        Ok(Mail {
            message_id: String::new(),
            to: EmailAddress::stored(&recipient.to)?,
            subject,
            text,
            html: templates.engine.fill(view.html.name, values)?,
            links: links.urls().cloned().collect(),
            code: links.code.clone(),
        })
    }

    fn code(&self, realm: &RealmName, code: &str, lifetime: Duration, now: Timestamp) -> Result<String, Cause> {
        let templates = self.of(realm.as_str());
        let values = templates.code_values(realm.as_str(), code, lifetime, now);
        let text = templates.engine.fill(PHONE_CODE.name, values)?;
        Ok(one_line(&text))
    }
}

impl Templates {
    fn mail_values(
        &self,
        realm: &str,
        recipient: &Recipient,
        (links, facts): (&Links, Vec<(&'static str, &str)>),
        now: Timestamp,
    ) -> Value {
        let urls = [
            ("verification_url", &links.verification_url),
            ("undo_url", &links.undo_url),
            ("reset_url", &links.reset_url),
            ("sign_in_url", &links.sign_in_url),
            ("code", &links.code),
        ];
        let urls = urls.into_iter().filter_map(|(name, url)| Some((name, Value::from(url.as_deref()?))));
        let mut values: BTreeMap<&str, Value> = urls.collect();
        if !values.is_empty() {
            values.insert("valid_for", in_words(links.lifetime).into());
        }
        values.insert("name", recipient.name.as_str().into());
        values.extend(recipient.sign_in.iter().flat_map(new_device::variables));
        values.extend(facts.into_iter().map(|(fact, value)| (fact, Value::from(value))));
        context! { ..Value::from(values), ..self.message_values(realm, now) }
    }

    fn message_values(&self, realm: &str, now: Timestamp) -> Value {
        let Branding { app_name, app_url, .. } = &self.branding;
        context! { app_name, app_url, realm, year => now.year() }
    }

    /// Returns samples of all emails and SMS, addressed to John.
    pub(super) fn mail_samples(&self, now: Timestamp) -> Vec<Sample> {
        let mails = MessageKind::MAILS.iter().filter_map(|&kind| Some((kind, MailView::of(kind)?)));
        let mails = mails.flat_map(|(kind, mail)| {
            let sign_in = (kind == MessageKind::NewDevice).then(|| new_device::sample(now));
            let john = Recipient { name: "John".to_owned(), sign_in, ..Recipient::plain("john@example.com") };
            let values = self.mail_values("User1", &john, (&mail.sample_links(kind), mail.facts.to_vec()), now);
            [&mail.html, &mail.text].map(|template| Sample { template, case: "", values: values.clone() })
        });
        mails.chain([self.code_sample(now)]).collect()
    }

    /// Checks that the text of an email begins with a subject line.
    pub(super) fn has_subject(&self, template: &Template, filled: &str) -> Result<(), TemplateError> {
        let is_text = template.kind == TemplateKind::Mail && template.name.ends_with(".txt");
        if is_text && subject_and_text(filled).is_none() {
            return Err(self.no_subject(template.name).into());
        }
        Ok(())
    }

    fn no_subject(&self, name: &str) -> TemplateIssue {
        let text = "must begin with a line `Subject: …`, followed by an empty line".to_owned();
        TemplateIssue { file: self.engine.file(name), line: Some(1), text }
    }
}

impl MailView {
    fn of(kind: MessageKind) -> Option<&'static Self> {
        MAILS.iter().find(|mail| mail.stem == kind.spec().template)
    }

    /// Returns links like those in an email of this kind.
    fn sample_links(&self, kind: MessageKind) -> Links {
        let code = (kind == MessageKind::SigninCode).then(|| "482913".to_owned());
        let mut links = Links { code, lifetime: self.sample_lifetime, ..Links::default() };
        for LinkSpec { role, page, .. } in kind.spec().links {
            let token = "c2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxl";
            links.set(*role, format!("https://accounts.example.com/User1/{page}?token={token}"));
        }
        links
    }
}

/// Splits a rendered `.txt` template into the subject and the wrapped text.
pub(super) fn subject_and_text(filled: &str) -> Option<(String, String)> {
    let (head, body) = filled.split_once("\n\n")?;
    let subject = head.trim().strip_prefix("Subject:")?;
    Some((one_line(subject), wrap(body.trim_start())))
}

/// Formats a duration in the largest unit that yields at least two, rounded down: `24 hours`, `30 minutes`, `3 days`.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
    let fitting = units.into_iter().find(|(unit, _)| seconds >= 2 * unit && !(*unit == 86_400 && seconds < 3 * unit));
    let (unit, name) = fitting.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / unit)
}

/// Joins all words into one line. Subjects and SMS require this even if a template or a name contains line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
