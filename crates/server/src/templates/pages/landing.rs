use minijinja::{Value, context};

use super::{Page, Replaceable};

/// The root page in production: a single line.
pub(crate) struct Landing;

impl Page for Landing {
    const NAME: &'static str = "landing.html";

    fn values(&self) -> Value {
        context! {}
    }
}

impl Replaceable for Landing {
    const PURPOSE: &'static str = "The root page in production.";
    const SOURCE: &'static str = source!("pages/landing.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self)]
    }
}
