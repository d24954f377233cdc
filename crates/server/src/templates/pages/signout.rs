use minijinja::{Value, context, value::Serde};

use super::{Page, Person, Replaceable};

/// Asks whether to sign out, or confirms that the user is signed out.
pub(crate) struct Signout {
    /// The signed-in user. `None` after signing out.
    pub(crate) user: Option<Person>,
    /// Query of the form, with the request of an application.
    pub(crate) query: String,
}

impl Page for Signout {
    const NAME: &'static str = "signout.html";

    fn values(&self) -> Value {
        context! { user => Value::from(Serde(&self.user)), query => self.query.as_str() }
    }
}

impl Replaceable for Signout {
    const PURPOSE: &'static str = "Asks whether to sign out, and confirms it.";
    const SOURCE: &'static str = source!("pages/signout.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let query = String::new();
        vec![("", Self { user: Some(Person::sample()), query: query.clone() }), ("done", Self { user: None, query })]
    }
}
