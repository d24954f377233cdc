use minijinja::{Value, context, value::Serde};

use super::{Page, Person, Replaceable};

/// Asks whether to sign out, or confirms that the user is signed out.
pub(crate) struct Signout {
    /// The signed-in user. `None` after signing out.
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
