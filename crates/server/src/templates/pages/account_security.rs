use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{Gate, Page, Person, Replaceable, Way, When, account::frame};

/// An account at another provider, in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct IdentityRow {
    pub(crate) id: String,
    /// Kind of the provider, for its logo.
    pub(crate) kind: &'static str,
    /// Name of the provider.
    pub(crate) provider: String,
    /// Display name of the account at the provider. Empty if unknown.
    pub(crate) called: String,
    pub(crate) added: When,
    pub(crate) used: Option<When>,
}

/// A passkey or second factor, in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FactorRow {
    pub(crate) id: String,
    /// `passkey`, `security_key`, `totp` or `sms`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Where a passkey is stored. May be empty.
    pub(crate) badge: &'static str,
    pub(crate) added: When,
    pub(crate) used: Option<When>,
}

/// Actions offered on the page.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent offers")]
pub(crate) struct SecurityOffers {
    pub(crate) passkey: bool,
    pub(crate) key: bool,
    pub(crate) totp: bool,
    /// Whether two-step verification is required and cannot be turned off.
    pub(crate) must: bool,
    /// Whether there is a password that a passkey can replace.
    pub(crate) passwordless: bool,
}

/// Passkeys, password, second factors and recovery codes of the user.
pub(crate) struct AccountSecurity {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    /// Time when the password was set. `None` without a password.
    pub(crate) password: Option<When>,
    pub(crate) identities: Vec<IdentityRow>,
    /// Providers whose accounts can be linked.
    pub(crate) links: Vec<Way>,
    pub(crate) two_step: bool,
    pub(crate) passkeys: Vec<FactorRow>,
    pub(crate) factors: Vec<FactorRow>,
    /// Number of unused recovery codes. `None` if there are none.
    pub(crate) recovery_left: Option<usize>,
    pub(crate) offers: SecurityOffers,
    /// Remaining passkeys, for the browser's `signalAllAcceptedCredentials`. Empty unless they changed.
    pub(crate) signal: String,
}

impl Page for AccountSecurity {
    const NAME: &'static str = "account_security.html";

    fn values(&self) -> Value {
        context! {
            password => Value::from(Serde(&self.password)),
            identities => Value::from(Serde(&self.identities)),
            links => Value::from(Serde(&self.links)),
            two_step => self.two_step,
            passkeys => Value::from(Serde(&self.passkeys)),
            factors => Value::from(Serde(&self.factors)),
            recovery_left => self.recovery_left,
            offers => Value::from(Serde(&self.offers)),
            signal => self.signal.as_str(),
            ..context! { ..frame(&self.user, "security", "account"), ..self.gate.values() }
        }
    }
}

impl Replaceable for AccountSecurity {
    const PURPOSE: &'static str = "Passkeys, password, second factors and recovery codes of the user.";
    const SOURCE: &'static str = source!("pages/account_security.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let at = |days: i64| When::from(Timestamp::from_secs(1_795_961_520 - days * 86_400));
        let row = |kind, name: &str, badge| FactorRow {
            id: "qgfhl13dmdmn04qh7oqttabfms".to_owned(),
            kind,
            name: name.to_owned(),
            badge,
            added: at(270),
            used: Some(at(1)),
        };
        let passkeys = vec![row("passkey", "iCloud Keychain", "Synced"), row("passkey", "Laptop", "This device only")];
        let factors = vec![row("security_key", "Blue key", "Security key"), row("totp", "Authenticator app", "")];
        let page = |gate| Self {
            gate,
            user: Person::sample(),
            password: Some(at(109)),
            links: vec![Way { name: "github".into(), label: "GitHub".to_owned(), icon: "github", ..Way::default() }],
            identities: vec![IdentityRow {
                id: "9m2cqsv1t0e7n4h5k3r6u8j0da".to_owned(),
                kind: "google",
                provider: "Google".to_owned(),
                called: "robin.larch@gmail.com".to_owned(),
                added: at(40),
                used: Some(at(2)),
            }],
            two_step: true,
            passkeys: passkeys.clone(),
            factors: factors.clone(),
            recovery_left: Some(2),
            offers: SecurityOffers { passkey: true, key: true, totp: true, must: false, passwordless: true },
            signal: String::new(),
        };
        let done = |done| page(Gate { done, ..Gate::default() });
        let problem = |problem| page(Gate { problem, ..Gate::default() });
        let bare = Self {
            identities: Vec::new(),
            links: Vec::new(),
            two_step: false,
            passkeys: Vec::new(),
            factors: Vec::new(),
            recovery_left: None,
            offers: SecurityOffers { passwordless: false, ..page(Gate::default()).offers },
            ..page(Gate::default())
        };
        vec![
            ("", page(Gate::default())),
            ("nothing added", bare),
            ("no password", Self { password: None, ..page(Gate::default()) }),
            ("password changed", done("password")),
            ("password removed", Self { password: None, ..done("no_password") }),
            ("passkey added", done("passkey_added")),
            ("linked", done("linked")),
            ("unlinked", done("unlinked")),
            ("refused", problem("required")),
            ("the last way to sign in", problem("last")),
            ("a single passkey", problem("only_passkey")),
        ]
    }
}
