use minijinja::{Value, context, value::Serde};
use portcullis_core::account::country::countries;

use super::{Gate, Page, Replaceable, Way};

/// The sign-up page.
#[derive(Default)]
pub(crate) struct Signup {
    pub(crate) gate: Gate,
    /// Required fields besides address and password.
    pub(crate) required: Vec<&'static str>,
    /// Buttons of the providers that users can sign up with.
    pub(crate) ways: Vec<Way>,
    /// Whether sign-up is closed.
    pub(crate) closed: bool,
}

impl Page for Signup {
    const NAME: &'static str = "signup.html";

    fn values(&self) -> Value {
        let has_country = self.required.contains(&"country_code");
        let listed = if has_country { countries() } else { Vec::new() };
        let listed: Vec<Value> = listed.into_iter().map(|(code, name)| context! { code, name }).collect();
        let offers =
            context! { required => self.required.clone(), countries => listed, ways => Value::from(Serde(&self.ways)) };
        context! { offers, closed => self.closed, ..self.gate.values() }
    }
}

impl Replaceable for Signup {
    const PURPOSE: &'static str = "The sign-up page.";
    const SOURCE: &'static str = source!("pages/signup.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |required: &[&'static str], gate| Self {
            gate,
            required: required.to_vec(),
            ways: Way::samples(),
            closed: false,
        };
        let one = [("password", "Choose a password that isn't widely used. This one has appeared in data breaches.")];
        let two =
            [("email", "Enter a full email address, like name@example.com"), ("password", "Use at least 8 characters")];
        let all = ["first_name", "last_name", "phone", "country_code"];
        vec![
            ("", page(&[], Gate::default())),
            ("all fields", page(&all, Gate::default())),
            ("one error", page(&[], Gate::refused(&one))),
            ("two errors", page(&[], Gate::refused(&two))),
            ("wait", page(&[], Gate::wrong("wait"))),
            ("closed", Self { closed: true, ..page(&[], Gate::default()) }),
        ]
    }
}
