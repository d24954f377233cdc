use minijinja::{Value, context, value::Serde};

use super::{Page, Person, Replaceable};

/// Asks whether to sign out, or says that it is done.
pub(crate) struct Signout {
    /// Who is signed in; none once signed out.
    pub(crate) user: Option<Person>,
}

impl Page for Signout {
    const NAME: &'static str = "signout.html";

    fn values(&self) -> Value {
        context! { user => Value::from(Serde(&self.user)) }
    }
}

impl Replaceable for Signout {
    const PURPOSE: &'static str = "Asks whether to sign out, and says that it is done.";
    const SOURCE: &'static str = source!("pages/signout.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self { user: Some(Person::sample()) }), ("done", Self { user: None })]
    }
}
