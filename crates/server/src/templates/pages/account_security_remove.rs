use minijinja::{Value, context, value::Serde};

use super::{Page, Person, Replaceable};

/// Asks whether to remove a second factor, a passkey or the password.
pub(crate) struct AccountSecurityRemove {
    pub(crate) user: Person,
    pub(crate) factor: String,
    /// Its kind: `passkey`, `security_key`, `totp`, `sms` or `password`.
    pub(crate) kind: &'static str,
    /// Whether it is the last factor, and two-step verification is on.
    pub(crate) is_last: bool,
    pub(crate) action: String,
}

impl Page for AccountSecurityRemove {
    const NAME: &'static str = "account_security_remove.html";

    fn values(&self) -> Value {
        let (user, factor, action) = (Value::from(Serde(&self.user)), self.factor.as_str(), self.action.as_str());
        context! { user, factor, kind => self.kind, last => self.is_last, action }
    }
}

impl Replaceable for AccountSecurityRemove {
    const PURPOSE: &'static str = "Asks whether to remove a second factor, a passkey or the password.";
    const SOURCE: &'static str = source!("pages/account_security_remove.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |is_last| Self {
            user: Person::sample(),
            factor: "Authenticator app".to_owned(),
            kind: "totp",
            is_last,
            action: "#".to_owned(),
        };
        let passkey = Self { factor: "Firefox on Linux".to_owned(), kind: "passkey", ..page(false) };
        let password = Self { factor: "your password".to_owned(), kind: "password", ..page(false) };
        vec![("", page(false)), ("the last", page(true)), ("passkey", passkey), ("password", password)]
    }
}
