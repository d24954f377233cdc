use minijinja::Value;

use super::{Page, Person, Replaceable, account::frame};

/// Lists authorized applications.
pub(crate) struct AccountApps {
    pub(crate) user: Person,
}

impl Page for AccountApps {
    const NAME: &'static str = "account_apps.html";

    fn values(&self) -> Value {
        frame(&self.user, "apps", "account")
    }
}

impl Replaceable for AccountApps {
    const PURPOSE: &'static str = "Applications that may use the account.";
    const SOURCE: &'static str = source!("pages/account_apps.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { user: Person::sample() })]
    }
}
