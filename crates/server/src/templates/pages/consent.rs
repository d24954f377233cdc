use minijinja::{Value, context, value::Serde};
use serde::Serialize;

use super::{Page, Person, Replaceable};

/// Page that asks the user for consent to an application.
#[derive(Default)]
pub(crate) struct Consent {
    /// Target of the form.
    pub(crate) action: String,
    /// Page for choosing another account.
    pub(crate) switch_url: String,
    pub(crate) user: Person,
    /// Identifier of the account that the page was shown to.
    pub(crate) account: String,
    /// Name of the application.
    pub(crate) client: String,
    /// Whether it belongs to the operator, so that the user only confirms.
    pub(crate) first_party: bool,
    /// Host of its redirect URI.
    pub(crate) host: String,
    /// Whether it already has some permissions.
    pub(crate) has_some: bool,
    pub(crate) scopes: Vec<ScopeRow>,
}

/// Permission of a scope as text, with the shared value.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ScopeRow {
    pub(crate) text: String,
    pub(crate) value: String,
}

impl Page for Consent {
    const NAME: &'static str = "consent.html";

    fn values(&self) -> Value {
        let Self { action, switch_url, account, client, host, first_party, has_some, .. } = self;
        context! {
            action, switch_url, account, client, host, first_party, has_some,
            user => Value::from(Serde(&self.user)),
            scopes => Value::from(Serde(&self.scopes)),
        }
    }
}

impl Replaceable for Consent {
    const PURPOSE: &'static str = "Asks whether an application may access the account.";
    const SOURCE: &'static str = source!("pages/consent.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |text: &str, value: &str| ScopeRow { text: text.to_owned(), value: value.to_owned() };
        let page = |client: &str, host: &str, scopes| Self {
            action: "consent".to_owned(),
            switch_url: "signout".to_owned(),
            user: Person::sample(),
            account: "1k0v6sq7t2m8g4c9e5r3n1h0ja".to_owned(),
            client: client.to_owned(),
            host: host.to_owned(),
            scopes,
            ..Self::default()
        };
        let all = vec![
            row("See your name", "Robin Larch"),
            row("See your email address", "robin.larch@example.com"),
            row("Keep access when you're not using it", "Until you remove it"),
        ];
        let more = vec![row("See your phone number", "+12025550143")];
        vec![
            ("", page("Calendar Sync", "calendar.example", all)),
            ("more access", Self { has_some: true, ..page("Calendar Sync", "calendar.example", more) }),
            (
                "application on the device",
                Self { first_party: true, ..page("Desktop", "com.example.desktop", Vec::new()) },
            ),
        ]
    }
}
