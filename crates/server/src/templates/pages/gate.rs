//! Shared parts of the sign-in pages: submitted values, errors, and links to other pages.

use std::collections::BTreeMap;

use minijinja::{Value, context, value::Serde};
use serde::Serialize;

/// Values shared by the sign-in pages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    /// Query to append to links to other pages.
    pub(crate) query: String,
    /// Target of the form, if it is not the page's own path.
    pub(crate) action: String,
    /// Submitted values by field.
    pub(crate) form: BTreeMap<&'static str, String>,
    /// Error messages in the order of the fields.
    pub(crate) errors: Vec<(&'static str, String)>,
    /// Message code of an error that concerns the whole form.
    pub(crate) problem: &'static str,
    /// Message code of a success message.
    pub(crate) done: &'static str,
    /// Time to wait, in words.
    pub(crate) wait: String,
}

/// The user who is signed in or signing in.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Person {
    pub(crate) email: String,
    /// Full name. Empty if there is none.
    pub(crate) name: String,
    pub(crate) initials: String,
}

/// An alternative method.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Way {
    /// Name stored in the cookie that remembers the last used method.
    pub(crate) name: std::borrow::Cow<'static, str>,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) icon: &'static str,
    pub(crate) href: String,
    /// Whether it sends a message. It is then a button and not a link.
    pub(crate) sends: bool,
}

impl Person {
    /// Creates a person from an address and names.
    pub(crate) fn new(email: &str, names: [Option<&str>; 2]) -> Self {
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let of_names = names.into_iter().flatten().filter_map(|name| name.chars().next());
        let initials: String = of_names.flat_map(char::to_uppercase).collect();
        let first = email.chars().next().into_iter().flat_map(char::to_uppercase).collect();
        Self { email: email.to_owned(), name, initials: if initials.is_empty() { first } else { initials } }
    }

    pub(super) fn sample() -> Self {
        Self::new("robin.larch@example.com", [Some("Robin"), Some("Larch")])
    }
}

impl Way {
    /// Returns sample buttons of providers.
    pub(super) fn samples() -> Vec<Self> {
        let of = |name: &'static str, label: &str| Self {
            name: name.into(),
            label: label.to_owned(),
            icon: name,
            href: format!("/User1/social/{name}/start"),
            ..Self::default()
        };
        vec![of("google", "Google"), of("microsoft", "Microsoft"), of("github", "GitHub")]
    }
}

impl Gate {
    pub(super) fn values(&self) -> Value {
        let errors: BTreeMap<&str, &str> = self.errors.iter().map(|(field, error)| (*field, error.as_str())).collect();
        let list: Vec<Value> =
            self.errors.iter().map(|(field, error)| context! { field => *field, error => error.as_str() }).collect();
        let Self { query, action, form, problem, done, wait, .. } = self;
        let (problem, done) = (*problem, *done);
        context! { query, action, form => Value::from(Serde(form)), errors => Value::from(Serde(errors)), error_list => list, problem, done, wait }
    }

    /// Returns a sample with an error that concerns the whole form.
    pub(super) fn wrong(problem: &'static str) -> Self {
        let form = BTreeMap::from([("email", "robin.larch@example.com".to_owned())]);
        Self { problem, form, wait: "32 seconds".to_owned(), ..Self::default() }
    }

    /// Returns a sample with errors in these fields.
    pub(super) fn refused(errors: &[(&'static str, &str)]) -> Self {
        let errors = errors.iter().map(|(field, error)| (*field, (*error).to_owned())).collect();
        Self { errors, ..Self::wrong("") }
    }
}
