//! The variables of templates and their meanings.

use std::collections::BTreeSet;

use super::{
    Templates,
    catalogue::{Template, TemplateKind},
    sample::Sample,
};

/// Meaning of each variable. Which variables a template gets is decided by the values that fill it.
const MEANINGS: &[(&str, &str)] = &[
    ("app_name", "The name of the app (APP_NAME)."),
    ("app_url", "The address of the app (APP_URL); empty when there is none."),
    ("code", "The code."),
    ("email", "The email address of the registration; in email_change.html, the new address."),
    ("error", "What was wrong, as a sentence; empty when nothing was."),
    (
        "is_submitted",
        "Whether the browser is that of the sign-up, in which the page loads the script that presses its button.",
    ),
    ("heading", "What happened, in a few words."),
    ("min_length", "The least length of a password (PASSWORD_MIN_LENGTH)."),
    ("name", "The first name; empty before the first login, and if it does not have the form of a name."),
    ("realm", "The realm's name."),
    ("request_id", "The identifier of the request, as in the log."),
    ("reset_url", "The link to the form for a new password; in reset.html, where the form is sent to."),
    ("root", "The path of PUBLIC_URL, for the link to the stylesheet; empty when there is none."),
    ("status", "The status of the answer, such as 404."),
    ("token", "The secret of the link that was opened."),
    (
        "undo_url",
        "The link that discards the registration, or undoes the change; in undo.html, where the form is sent to.",
    ),
    ("valid_for", "How long the link or code is valid, in words, such as 24 hours."),
    (
        "verification_url",
        "The link that confirms the address; in email_verify.html and email_change.html, where the form is sent to.",
    ),
    ("wait", "How long to wait before the next try, in words; empty when that is not known."),
    ("what", "What the link is about: `registration`, `email` or `password`."),
    ("year", "The year."),
];

/// Returns the meaning of a variable.
pub(crate) fn meaning(name: &str) -> &'static str {
    MEANINGS.iter().find(|(known, _)| *known == name).map_or("", |(_, meaning)| *meaning)
}

/// Returns the variables that a template can rely on: those of all its samples. A layout can rely on what all its contents have.
pub(super) fn reliable(template: &Template, samples: &[Sample]) -> BTreeSet<String> {
    let names = of_template(template, samples).map(Sample::names);
    names.reduce(|all, more| &all & &more).unwrap_or_default()
}

/// Returns the variables that a template has in at least one sample.
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
    /// Returns the variables that a template can rely on.
    pub(crate) fn variables(&self, template: &Template) -> BTreeSet<String> {
        reliable(template, &self.samples(Default::default()))
    }
}
