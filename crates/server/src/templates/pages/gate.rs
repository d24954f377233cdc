//! What the pages share that people sign in with: what was typed, what is wrong with it, and where the page leads.

use std::collections::BTreeMap;

use minijinja::{Value, context, value::Serde};
use serde::Serialize;

/// Values that these pages share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    /// Query that links to other pages keep.
    pub(crate) query: String,
    /// Target of the form, where it is not the page's own path.
    pub(crate) action: String,
    /// What was typed, by field.
    pub(crate) form: BTreeMap<&'static str, String>,
    /// What is wrong, in the order of the fields.
    pub(crate) errors: Vec<(&'static str, String)>,
    /// Word for what is wrong with the whole.
    pub(crate) problem: &'static str,
    /// Word for what was done.
    pub(crate) done: &'static str,
    /// How long to wait, in words.
    pub(crate) wait: String,
}

/// Who is signed in, or about to be.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Person {
    pub(crate) email: String,
    /// Full name; empty if there is none.
    pub(crate) name: String,
    pub(crate) initials: String,
}

/// Another way to do the same.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Way {
    /// Name for the cookie of the way that was used last.
    pub(crate) name: std::borrow::Cow<'static, str>,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) icon: &'static str,
    pub(crate) href: String,
    /// Whether it sends a message, so that it is a button and not a link.
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
    /// Returns samples of the buttons of providers.
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

    /// Returns a sample in which something is wrong.
    pub(super) fn wrong(problem: &'static str) -> Self {
        let form = BTreeMap::from([("email", "robin.larch@example.com".to_owned())]);
        Self { problem, form, wait: "32 seconds".to_owned(), ..Self::default() }
    }

    /// Returns a sample in which these fields are wrong.
    pub(super) fn refused(errors: &[(&'static str, &str)]) -> Self {
        let errors = errors.iter().map(|(field, error)| (*field, (*error).to_owned())).collect();
        Self { errors, ..Self::wrong("") }
    }
}
