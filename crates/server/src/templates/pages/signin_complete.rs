use minijinja::{Value, context};
use portcullis_core::account::country::countries;

use super::{Gate, Page, Replaceable};

/// Page that completes the account of a new user from another provider.
pub(crate) struct SigninComplete {
    pub(crate) gate: Gate,
    /// Empty for the form, or `sent` or `mailed`.
    pub(crate) stage: &'static str,
    /// Name of the provider.
    pub(crate) provider: String,
    /// Display name of the account at the provider.
    pub(crate) called: String,
    /// Verified address. Empty if the form asks for one.
    pub(crate) email: String,
    /// Names of the required fields.
    pub(crate) required: Vec<&'static str>,
    /// Path of the sign-in page that links the account to an existing one instead.
    pub(crate) signin: String,
}

impl Page for SigninComplete {
    const NAME: &'static str = "signin_complete.html";

    fn values(&self) -> Value {
        let has_country = self.required.contains(&"country_code");
        let listed = if has_country { countries() } else { Vec::new() };
        let listed: Vec<Value> = listed.into_iter().map(|(code, name)| context! { code, name }).collect();
        let offers = context! { required => self.required.clone(), countries => listed };
        let Self { provider, called, email, signin, .. } = self;
        context! { stage => self.stage, provider, called, email, signin, offers, ..self.gate.values() }
    }
}

impl Replaceable for SigninComplete {
    const PURPOSE: &'static str = "The page that completes the account of a new user from another provider.";
    const SOURCE: &'static str = source!("pages/signin_complete.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |stage, email: &str, required: &[&'static str], gate| Self {
            gate: Gate { action: "/User1/signin/complete".to_owned(), ..gate },
            stage,
            provider: "GitHub".to_owned(),
            called: "robin-larch (1234567)".to_owned(),
            email: email.to_owned(),
            required: required.to_vec(),
            signin: "/User1/signin".to_owned(),
        };
        let all = ["first_name", "last_name", "phone", "country_code"];
        let wrong = [("email", "Enter a full email address, like name@example.com")];
        vec![
            ("", page("", "", &[], Gate::default())),
            ("missing fields", page("", "robin.larch@example.com", &all, Gate::default())),
            ("no address", page("", "", &[], Gate::refused(&wrong))),
            ("wait", page("", "", &[], Gate::wrong("wait"))),
            ("link sent", page("sent", "", &[], Gate::default())),
            ("by the mailed link", page("mailed", "robin.larch@example.com", &[], Gate::default())),
        ]
    }
}
