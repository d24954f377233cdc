use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable};

/// Shows the secret of an authenticator app and offers a passkey to a user who needs a factor to sign in.
pub(crate) struct SigninEnroll {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    pub(crate) app: Option<EnrollApp>,
    /// Whether to offer a passkey.
    pub(crate) passkey: bool,
}

/// Secret of an authenticator app.
pub(crate) struct EnrollApp {
    /// QR code as SVG.
    pub(crate) qr: String,
    /// Secret in groups of four.
    pub(crate) secret: String,
}

impl Page for SigninEnroll {
    const NAME: &'static str = "signin_enroll.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        let app = self.app.as_ref();
        let (qr, secret) = app.map_or(("", ""), |app| (app.qr.as_str(), app.secret.as_str()));
        let offers = context! { passkey => self.passkey };
        context! { user => Value::from(Serde(&self.user)), qr, secret, offers, ..self.gate.values() }
    }
}

impl Replaceable for SigninEnroll {
    const PURPOSE: &'static str =
        "Shows the key of an authenticator app, and offers a passkey, to a user who needs one to sign in.";
    const SOURCE: &'static str = source!("pages/signin_enroll.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let app = || EnrollApp {
            qr: "<svg viewBox=\"0 0 33 33\"><path d=\"M4 4h7v7H4zM22 4h7v7h-7zM4 22h7v7H4z\"/></svg>".to_owned(),
            secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".to_owned(),
        };
        let page = |gate| Self { gate, user: Person::sample(), app: Some(app()), passkey: true };
        let wrong = "That code is incorrect or has expired. Enter the current code from your app.";
        vec![
            ("", page(Gate::default())),
            ("wrong code", page(Gate::refused(&[("code", wrong)]))),
            ("passkey refused", page(Gate { problem: "passkey", ..Gate::default() })),
            ("passkey only", Self { app: None, ..page(Gate::default()) }),
        ]
    }
}
