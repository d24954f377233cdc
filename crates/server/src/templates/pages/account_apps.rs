use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{Gate, Page, Person, Replaceable, ScopeRow, When, account::frame};

/// Lists authorized applications.
pub(crate) struct AccountApps {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    pub(crate) apps: Vec<AppRow>,
}

/// An application that may use the account.
#[derive(Debug, Serialize)]
pub(crate) struct AppRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where it returns to.
    pub(crate) host: String,
    /// What it may do.
    pub(crate) scopes: Vec<ScopeRow>,
    pub(crate) since: When,
    pub(crate) used: When,
}

impl Page for AccountApps {
    const NAME: &'static str = "account_apps.html";

    fn values(&self) -> Value {
        let apps = Value::from(Serde(&self.apps));
        context! { apps, ..context! { ..frame(&self.user, "apps", "account"), ..self.gate.values() } }
    }
}

impl Replaceable for AccountApps {
    const PURPOSE: &'static str = "Applications that can access the account.";
    const SOURCE: &'static str = source!("pages/account_apps.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |text: &str, value: &str| ScopeRow { text: text.to_owned(), value: value.to_owned() };
        let at = |hours: i64| When::from(Timestamp::from_secs(1_795_961_520 - hours * 3600));
        let app = || AppRow {
            id: "calendar".to_owned(),
            name: "Calendar Sync".to_owned(),
            host: "calendar.example".to_owned(),
            scopes: vec![row("See your name", "Robin Larch"), row("Keep access when you're not using it", "")],
            since: at(1300),
            used: at(17),
        };
        let page = |done, apps| Self { gate: Gate { done, ..Gate::default() }, user: Person::sample(), apps };
        vec![("", page("", vec![app()])), ("none", page("", Vec::new())), ("removed", page("removed", Vec::new()))]
    }
}
