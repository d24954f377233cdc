//! Template variables and their meanings.

use std::collections::BTreeSet;

use super::{
    Templates,
    catalogue::{Template, TemplateKind},
    sample::Sample,
};

/// Meaning of each variable. A template has the variables that its values contain.
const MEANINGS: &[(&str, &str)] = &[
    ("account", "The identifier of the account that reads the page."),
    ("client", "The name of the application."),
    (
        "first_party",
        "Whether the application is a first-party application, so that the page only asks for confirmation.",
    ),
    ("has_some", "Whether the application already has some access."),
    ("host", "The host that the browser returns to."),
    ("parameters", "Fields of the response to the application: `name` and `value`."),
    ("scopes", "Requested permissions: `text` and `value`."),
    ("switch_url", "The link to sign out and choose another account."),
    ("codes", "The new recovery codes."),
    ("contact", "How the user can be reached: `phone`, `phone_verified`, `pending_email` and `can_text`."),
    ("has_password", "Whether the account has a password."),
    ("key", "Whether it is a security key, which is a second factor only."),
    ("kind", "The kind of the factor: `passkey`, `security_key`, `totp` or `sms`."),
    ("passkeys", "The passkeys of the user; on the security page like `factors`, elsewhere their names."),
    ("said", "Message for the next page, for the field of the same name."),
    ("sent", "Whether the code was sent."),
    ("signal", "Data that the browser reports to the user's password managers, as JSON. May be empty."),
    ("ending", "The last digits of the number to which a code was sent."),
    ("factor", "The name of the factor."),
    ("qr", "The QR code as SVG."),
    ("secret", "The key of the authenticator app, in groups of four."),
    ("apps", "The applications: `id`, `name`, `host`, `scopes` with `text` and `value`, `since` and `used`."),
    ("trusted", "The devices that need no code, like `sessions`."),
    ("events", "Recent events: `text`, `is_bad`, `at`, `device` and `ip`."),
    ("factors", "The second factors of the user: their names, or `id`, `kind`, `name`, `badge`, `added` and `used`."),
    ("pages", "Whether people can sign in on pages of the realm."),
    ("password", "Time at which the password was set: `iso`, `text` and `day`."),
    ("recommended", "Recommended next step: `icon`, `title`, `text`, `path` and `label`; `none` without one."),
    ("recovery_left", "The number of recovery codes that are left."),
    ("section", "The section of the account: `home`, `details`, `security`, `sessions`, `apps` or `data`."),
    (
        "sessions",
        "Where the user is signed in: `id`, `current`, `device`, `icon`, `ip`, `used`, `opened`, `how` and `is_new`.",
    ),
    ("identities", "The accounts at other providers: `id`, `kind`, `provider`, `called`, `added` and `used`."),
    ("links", "The providers whose accounts can be linked: `label`, `icon` and `href`."),
    ("provider", "The name of the provider."),
    ("signin", "The path of the sign-in that returns to the page."),
    (
        "stage",
        "Step: in signin_link.html `known`, `sent`, `address`, `fields`, `confirm`, `other` or `mailed`; in signin_code.html `address`, `code`, `link` or `spent`.",
    ),
    ("two_step", "Whether two-step verification is on."),
    ("up", "The path of the page above, in the realm."),
    ("action", "The form's target; empty if it is the page's own path."),
    ("closed", "Whether no one can sign up."),
    ("done", "Code of the completed action; empty if there was none."),
    ("error_list", "Errors of the fields, in order of the fields: `field` and `error`."),
    ("errors", "Errors of the fields, by field name."),
    ("form", "Submitted values, by field name."),
    ("home", "The path of the realm, for links to other pages."),
    ("mailbox", "Whether the development mailbox keeps the email."),
    ("method", "Requested proof: `password`, `passkey`, `totp`, `sms` or `recovery_code`."),
    ("offers", "Options of the page besides its fields."),
    ("problem", "Code of an error that concerns the whole form; empty if there is none."),
    ("query", "The query string that links to other pages keep. May be empty."),
    ("user", "The user who is signed in or signing in: `email`, `name` and `initials`."),
    ("ways", "Other ways to do the same: `label`, `icon` and `href`."),
    ("app_name", "The application's name (BRAND_NAME)."),
    (
        "brand",
        "Appearance of the realm: `stylesheet` (`portcullis.css` with its colours), `logo`, `logo_dark` and `favicon`, files below `/assets/brand/` or empty, and `links` with `key`, `label` and `url`.",
    ),
    ("app_url", "The application's address (APP_URL); empty if not set."),
    ("code", "The code."),
    ("device", "The browser and system of the sign-in, such as Firefox on Linux; empty if unknown."),
    ("email", "The email address of the registration; in email_change.html, the new address."),
    ("error", "Error message as a sentence; empty without an error."),
    ("ip", "The network address of the sign-in; empty if unknown."),
    (
        "is_submitted",
        "Whether this browser was used for the sign-up; then the page loads the script that submits its form.",
    ),
    ("called", "The name of the authenticator app, or the end of the phone number; empty if it cannot be shown."),
    ("first", "`true` if it is the first second factor or phone number of the account; empty otherwise."),
    ("heading", "Short description of the error."),
    ("last", "`true` if it was the last second factor of the account; empty otherwise."),
    ("left", "The number of recovery codes that are left."),
    ("min_length", "The minimum password length (PASSWORD_MIN_LENGTH)."),
    ("minutes", "The maximum number of minutes for which an administrator impersonates the user."),
    ("name", "The first name; empty before the first login, and if it does not look like a name."),
    ("realm", "The realm's name."),
    ("request_id", "The identifier of the request, as in the log."),
    ("reset_url", "The link to the password reset form; in reset.html, the form's target."),
    ("root", "The path of PUBLIC_URL, for the link to the stylesheet; empty if it has none."),
    ("sign_in_url", "The link to the page that signs in."),
    ("signed_in_at", "The time of the sign-in, such as 29 November 2026, 14:12 UTC."),
    ("status", "The HTTP status code, such as 404."),
    ("switch", "`on` or `off`."),
    ("token", "The secret from the opened link."),
    ("undo_url", "The link that cancels the registration or undoes the change; in undo.html, the form's target."),
    ("valid_for", "How long the link or code is valid, in words, such as 24 hours."),
    (
        "verification_url",
        "The link that confirms the address; in email_verify.html and email_change.html, the form's target.",
    ),
    ("wait", "How long to wait before trying again, in words; empty if unknown."),
    ("wait_seconds", "The same in seconds; 0 if unknown."),
    (
        "what",
        "What the page or email is about: `registration`, `email`, `password` or `factor`; in emails `totp` or `sms`.",
    ),
    ("year", "The year."),
];

/// Returns the meaning of a variable.
pub(crate) fn meaning(name: &str) -> &'static str {
    MEANINGS.iter().find(|(known, _)| *known == name).map_or("", |(_, meaning)| *meaning)
}

/// Returns the variables that are always defined in a template: those in all its samples. For a layout, those in all
/// templates that use it.
pub(super) fn reliable(template: &Template, samples: &[Sample]) -> BTreeSet<String> {
    let names = of_template(template, samples).map(Sample::names);
    names.reduce(|all, more| &all & &more).unwrap_or_default()
}

/// Returns the variables that are defined in at least one sample of a template.
pub(super) fn possible(template: &Template, samples: &[Sample]) -> BTreeSet<String> {
    of_template(template, samples).flat_map(Sample::names).collect()
}

fn of_template<'a>(template: &Template, samples: &'a [Sample]) -> impl Iterator<Item = &'a Sample> {
    let (name, kind) = (template.name, template.kind);
    let is_layout = matches!(kind, TemplateKind::PageLayout | TemplateKind::MailLayout);
    samples.iter().filter(move |sample| {
        if is_layout { sample.template.kind == kind.of_contents() } else { sample.template.name == name }
    })
}

impl Templates {
    /// Returns the variables that are always defined in a template.
    pub(crate) fn variables(&self, template: &Template) -> BTreeSet<String> {
        reliable(template, &self.samples(Default::default()))
    }
}
