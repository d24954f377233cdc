use minijinja::{Value, context};

use super::{Gate, Page, Replaceable};

/// The page that links an account at another provider.
pub(crate) struct SigninLink {
    pub(crate) gate: Gate,
    /// State of the page: `known`, `sent`, `address` (if sign-up is closed), `confirm`, `other`, `not_yours` or
    /// `mailed`.
    pub(crate) stage: &'static str,
    /// Name of the provider.
    pub(crate) provider: String,
    /// Display name of the account at the provider. May be empty.
    pub(crate) called: String,
    /// Address of the existing account, or of the account to look up.
    pub(crate) email: String,
    /// Path of a sign-in that returns to this page.
    pub(crate) signin: String,
}

impl Page for SigninLink {
    const NAME: &'static str = "signin_link.html";

    fn values(&self) -> Value {
        let Self { provider, called, email, signin, .. } = self;
        context! { stage => self.stage, provider, called, email, signin, ..self.gate.values() }
    }
}

impl Replaceable for SigninLink {
    const PURPOSE: &'static str = "The page that links an account at another provider.";
    const SOURCE: &'static str = source!("pages/signin_link.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |stage, problem| Self {
            gate: Gate { problem, action: "/User1/signin/link".to_owned(), ..Gate::default() },
            stage,
            provider: "Google".to_owned(),
            called: "robin.larch@gmail.com".to_owned(),
            email: "robin.larch@example.com".to_owned(),
            signin: "/User1/signin".to_owned(),
        };
        vec![
            ("", page("known", "")),
            ("link sent", page("sent", "")),
            ("no address", page("address", "")),
            ("signed in", page("confirm", "")),
            ("taken", page("confirm", "taken")),
            ("signed in as another user", page("other", "")),
            ("begun by another user", page("not_yours", "")),
            ("by the mailed link", page("mailed", "")),
        ]
    }
}
