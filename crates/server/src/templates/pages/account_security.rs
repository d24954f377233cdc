use minijinja::{Value, context, value::Serde};
use portcullis_core::clock::Timestamp;
use serde::Serialize;

use super::{Gate, Page, Person, Replaceable, When, account::frame};

/// A second factor in the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FactorRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) added: When,
    pub(crate) used: Option<When>,
}

/// Password, second factors and recovery codes of the user.
pub(crate) struct AccountSecurity {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    pub(crate) password: When,
    pub(crate) two_step: bool,
    pub(crate) factors: Vec<FactorRow>,
    pub(crate) recovery_left: usize,
    /// Whether an authenticator app can be added.
    pub(crate) can_add: bool,
    /// Whether two-step verification cannot be turned off.
    pub(crate) must: bool,
}

impl Page for AccountSecurity {
    const NAME: &'static str = "account_security.html";

    fn values(&self) -> Value {
        context! {
            password => Value::from(Serde(&self.password)),
            two_step => self.two_step,
            factors => Value::from(Serde(&self.factors)),
            recovery_left => self.recovery_left,
            offers => context! { totp => self.can_add, must => self.must },
            ..context! { ..frame(&self.user, "security", "account"), ..self.gate.values() }
        }
    }
}

impl Replaceable for AccountSecurity {
    const PURPOSE: &'static str = "Password, second factors and recovery codes of the user.";
    const SOURCE: &'static str = source!("pages/account_security.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let at = |days: i64| When::from(Timestamp::from_secs(1_795_961_520 - days * 86_400));
        let app = FactorRow {
            id: "qgfhl13dmdmn04qh7oqttabfms".to_owned(),
            name: "Authenticator app".to_owned(),
            added: at(270),
            used: Some(at(1)),
        };
        let page = |done, factors: Vec<FactorRow>| Self {
            gate: Gate { done, ..Gate::default() },
            user: Person::sample(),
            password: at(109),
            two_step: !factors.is_empty(),
            factors,
            recovery_left: 2,
            can_add: true,
            must: false,
        };
        let refused = Self { gate: Gate { problem: "required", ..Gate::default() }, ..page("", vec![app.clone()]) };
        vec![
            ("", page("", vec![app.clone()])),
            ("no second step", page("", Vec::new())),
            ("password changed", page("password", vec![app])),
            ("refused", refused),
        ]
    }
}
