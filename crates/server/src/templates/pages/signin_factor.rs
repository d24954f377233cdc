use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable, Way};

/// The page that asks for a second factor after a correct password.
#[derive(Default)]
pub(crate) struct SigninFactor {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Kind of factor to ask for: `passkey`, `totp`, `sms` or `recovery_code`.
    pub(crate) method: &'static str,
    /// Last digits of the phone number that receives the SMS.
    pub(crate) ending: String,
    /// Whether the SMS was sent.
    pub(crate) is_sent: bool,
    /// Other factors of the account.
    pub(crate) ways: Vec<Way>,
    /// How long a trusted device needs no code, in words. Empty if devices cannot be trusted.
    pub(crate) remember: String,
}

impl Page for SigninFactor {
    const NAME: &'static str = "signin_factor.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        context! {
            user => Value::from(Serde(&self.user)),
            method => self.method,
            ending => self.ending.as_str(),
            sent => self.is_sent,
            ways => Value::from(Serde(&self.ways)),
            offers => context! { remember => self.remember.as_str() },
            ..self.gate.values()
        }
    }
}

impl Replaceable for SigninFactor {
    const PURPOSE: &'static str = "The page that asks for the code of a second factor.";
    const SOURCE: &'static str = source!("pages/signin_factor.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let way = |label: &str, icon| Way { label: label.to_owned(), icon, href: "#".to_owned(), ..Way::default() };
        let passkey = Way { name: "passkey".into(), ..way("Use a passkey or security key", "passkey") };
        let page = |method, gate| Self {
            gate,
            user: Person::sample(),
            method,
            ways: match method {
                "totp" => {
                    let text = Way {
                        sends: true,
                        hint: "to the number ending in 43".to_owned(),
                        ..way("Get a text message", "send")
                    };
                    vec![passkey.clone(), text, way("Use a recovery code", "key")]
                }
                _ => vec![way("Use a code from your app", "phone")],
            },
            ending: "43".to_owned(),
            is_sent: true,
            remember: "30 days".to_owned(),
        };
        let wrong = "That code is incorrect or has expired. Enter the current code from your app.";
        vec![
            ("", page("totp", Gate::default())),
            ("wrong code", page("totp", Gate::refused(&[("code", wrong)]))),
            ("text message", page("sms", Gate::default())),
            ("before the text message", Self { is_sent: false, ..page("sms", Gate::default()) }),
            ("passkey", page("passkey", Gate::default())),
            (
                "passkey refused",
                page(
                    "passkey",
                    Gate::refused(&[("code", "We couldn't use that passkey. Try again, or use another way.")]),
                ),
            ),
            ("recovery code", page("recovery_code", Gate::default())),
            (
                "wrong recovery code",
                page("recovery_code", Gate::refused(&[("code", "That code is incorrect or was already used")])),
            ),
        ]
    }
}
