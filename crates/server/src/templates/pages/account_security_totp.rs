use minijinja::{Value, context};

use super::{Gate, Page, Person, Replaceable, account::frame};

/// Shows the secret of an authenticator app and asks for the first code.
pub(crate) struct AccountSecurityTotp {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// QR code as SVG.
    pub(crate) qr: String,
    /// Secret in groups of four.
    pub(crate) secret: String,
}

impl Page for AccountSecurityTotp {
    const NAME: &'static str = "account_security_totp.html";

    fn values(&self) -> Value {
        let (qr, secret) = (self.qr.as_str(), self.secret.as_str());
        context! { qr, secret, ..context! { ..frame(&self.user, "security", "account/security"), ..self.gate.values() } }
    }
}

impl Replaceable for AccountSecurityTotp {
    const PURPOSE: &'static str = "Shows the key of an authenticator app, and asks for its first code.";
    const SOURCE: &'static str = source!("pages/account_security_totp.html");

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
