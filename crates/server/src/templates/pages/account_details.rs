use minijinja::{Value, context, value::Serde};
use portcullis_core::account::country::countries;
use serde::Serialize;

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Contact data of the user.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Contact {
    pub(crate) phone: String,
    pub(crate) phone_verified: bool,
    /// Unconfirmed new address.
    pub(crate) pending_email: String,
    /// Whether codes can be sent by SMS.
    pub(crate) can_text: bool,
}

/// Name, country, address and phone number of the user.
pub(crate) struct AccountDetails {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    pub(crate) contact: Contact,
}

impl Page for AccountDetails {
    const NAME: &'static str = "account_details.html";

    fn values(&self) -> Value {
        let listed: Vec<Value> = countries().into_iter().map(|(code, name)| context! { code, name }).collect();
        let offers = context! { countries => listed };
        let contact = Value::from(Serde(&self.contact));
        context! { offers, contact, ..context! { ..frame(&self.user, "details", "account"), ..self.gate.values() } }
    }
}

impl Replaceable for AccountDetails {
    const PURPOSE: &'static str = "Name, country, address and phone number of the user.";
    const SOURCE: &'static str = source!("pages/account_details.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let contact = Contact {
            phone: "+12025550143".to_owned(),
            phone_verified: true,
            pending_email: String::new(),
            can_text: true,
        };
        let pending =
            Contact { pending_email: "name@new.example".to_owned(), phone_verified: false, ..contact.clone() };
        let page = |gate, contact| Self { gate, user: Person::sample(), contact };
        let done = |done| Gate { done, ..Gate::default() };
        vec![
            ("", page(Gate::default(), contact.clone())),
            ("saved", page(done("saved"), contact.clone())),
            ("waiting", page(done("sent"), pending)),
            ("refused", page(Gate::refused(&[("first_name", "Use 100 characters or fewer")]), Contact::default())),
        ]
    }
}
