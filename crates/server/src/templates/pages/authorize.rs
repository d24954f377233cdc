use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Page that posts a response to an application.
pub(crate) struct Authorize<'a> {
    /// Redirect URI of the application.
    pub(crate) action: &'a str,
    pub(crate) parameters: &'a [(&'static str, String)],
}

impl Page for Authorize<'_> {
    const NAME: &'static str = "authorize.html";

    fn values(&self) -> Value {
        let parameters: Vec<Value> =
            self.parameters.iter().map(|(name, value)| context! { name => *name, value => value.as_str() }).collect();
        context! { action => self.action, parameters }
    }
}

impl Replaceable for Authorize<'_> {
    const PURPOSE: &'static str = "Posts the result of a sign-in to an application (`response_mode=form_post`).";
    const SOURCE: &'static str = source!("pages/authorize.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { action: "https://shop.example.com/callback", parameters: &[] })]
    }
}
