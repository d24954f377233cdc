use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable, Way};

/// The page on which a signed-in user authenticates again.
#[derive(Default)]
pub(crate) struct SigninConfirm {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// What is asked for: `password`, `totp` or `recovery_code`.
    pub(crate) method: &'static str,
    /// End of the phone number that an SMS is sent to.
    pub(crate) ending: String,
    pub(crate) ways: Vec<Way>,
}

impl Page for SigninConfirm {
    const NAME: &'static str = "signin_confirm.html";

    fn values(&self) -> Value {
        let (user, ways) = (Value::from(Serde(&self.user)), Value::from(Serde(&self.ways)));
        context! { user, ways, method => self.method, ending => self.ending.as_str(), ..self.gate.values() }
    }
}

impl Replaceable for SigninConfirm {
    const PURPOSE: &'static str = "The page on which a signed-in user confirms the password or enters a code again.";
    const SOURCE: &'static str = source!("pages/signin_confirm.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page =
            |method, gate| Self { gate, user: Person::sample(), method, ending: "43".to_owned(), ways: Vec::new() };
        let wrong = [("password", "Your current password is incorrect")];
        vec![
            ("", page("password", Gate::default())),
            ("wrong password", page("password", Gate::refused(&wrong))),
            ("code", page("totp", Gate::default())),
            ("text message", page("sms", Gate::default())),
            ("recovery code", page("recovery_code", Gate::default())),
        ]
    }
}
