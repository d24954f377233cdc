use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable};

/// Shows the key of an authenticator app to a user who needs one to sign in.
pub(crate) struct SigninEnroll {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// QR code as SVG.
    pub(crate) qr: String,
    /// Key in groups of four.
    pub(crate) secret: String,
}

impl Page for SigninEnroll {
    const NAME: &'static str = "signin_enroll.html";

    fn values(&self) -> Value {
        let (qr, secret) = (self.qr.as_str(), self.secret.as_str());
        context! { user => Value::from(Serde(&self.user)), qr, secret, ..self.gate.values() }
    }
}

impl Replaceable for SigninEnroll {
    const PURPOSE: &'static str = "Shows the key of an authenticator app to a user who needs one to sign in.";
    const SOURCE: &'static str = source!("pages/signin_enroll.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self {
            gate,
            user: Person::sample(),
            qr: "<svg viewBox=\"0 0 33 33\"><path d=\"M4 4h7v7H4zM22 4h7v7h-7zM4 22h7v7H4z\"/></svg>".to_owned(),
            secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".to_owned(),
        };
        let wrong = "That code is incorrect or has expired. Enter the current code from your app.";
        vec![("", page(Gate::default())), ("wrong code", page(Gate::refused(&[("code", wrong)])))]
    }
}
