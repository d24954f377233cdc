use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable, Way};

/// The page on which a signed-in user authenticates again.
#[derive(Default)]
pub(crate) struct SigninConfirm {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Requested proof: `password`, `passkey`, `totp`, `sms` or `recovery_code`; `factor` before one of them, if only
    /// a second factor is missing; `login` if a new sign-in is required.
    pub(crate) method: &'static str,
    /// Whether a passkey can replace the password.
    pub(crate) passkey: bool,
    /// Last digits of the phone number that receives the SMS.
    pub(crate) ending: String,
    /// Whether the SMS was sent.
    pub(crate) is_sent: bool,
    pub(crate) ways: Vec<Way>,
    /// Providers that the user can sign in with again.
    pub(crate) providers: Vec<Way>,
}

impl Page for SigninConfirm {
    const NAME: &'static str = "signin_confirm.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        let (user, ways) = (Value::from(Serde(&self.user)), Value::from(Serde(&self.ways)));
        let providers = Value::from(Serde(&self.providers));
        let (method, passkey, ending, sent) = (self.method, self.passkey, self.ending.as_str(), self.is_sent);
        context! { user, ways, method, offers => context! { passkey, providers }, ending, sent, ..self.gate.values() }
    }
}

impl Replaceable for SigninConfirm {
    const PURPOSE: &'static str = "The page on which a signed-in user confirms the password or enters a code again.";
    const SOURCE: &'static str = source!("pages/signin_confirm.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |method, gate| Self {
            gate,
            user: Person::sample(),
            method,
            passkey: method == "password",
            ending: "43".to_owned(),
            is_sent: true,
            ways: Vec::new(),
            providers: Vec::new(),
        };
        let google = Way { name: "google".into(), label: "Google".to_owned(), icon: "google", ..Way::default() };
        let wrong = [("password", "Your current password is incorrect")];
        vec![
            ("", page("password", Gate::default())),
            ("wrong password", page("password", Gate::refused(&wrong))),
            ("code", page("totp", Gate::default())),
            ("text message", page("sms", Gate::default())),
            ("before the text message", Self { is_sent: false, ..page("sms", Gate::default()) }),
            ("passkey", page("passkey", Gate::default())),
            ("passkey refused", page("passkey", Gate { problem: "passkey", ..Gate::default() })),
            ("timed out", page("password", Gate { problem: "timed_out", ..Gate::default() })),
            ("only a new sign-in", page("login", Gate::default())),
            ("with a provider", Self { providers: vec![google], ..page("login", Gate::default()) }),
            ("another account", page("login", Gate { problem: "other_account", ..Gate::default() })),
            ("before the second factor", page("factor", Gate::default())),
            ("recovery code", page("recovery_code", Gate::default())),
        ]
    }
}
