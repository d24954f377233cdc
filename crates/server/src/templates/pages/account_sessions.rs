use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Person, Replaceable, SessionRow, account::frame};

/// Sessions and trusted devices of the user.
pub(crate) struct AccountSessions {
    pub(crate) gate: Gate,
    pub(crate) user: Person,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) trusted: Vec<SessionRow>,
}

impl Page for AccountSessions {
    const NAME: &'static str = "account_sessions.html";

    fn values(&self) -> Value {
        let (sessions, trusted) = (Value::from(Serde(&self.sessions)), Value::from(Serde(&self.trusted)));
        let frame = frame(&self.user, "sessions", "account");
        context! { sessions, trusted, ..context! { ..frame, ..self.gate.values() } }
    }
}

impl Replaceable for AccountSessions {
    const PURPOSE: &'static str = "Where the user is signed in, and the devices that need no second factor.";
    const SOURCE: &'static str = source!("pages/account_sessions.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |done, number, trusted| Self {
            gate: Gate { done, ..Gate::default() },
            user: Person::sample(),
            sessions: SessionRow::samples().into_iter().take(number).collect(),
            trusted,
        };
        vec![
            ("", page("", 3, SessionRow::samples().into_iter().take(1).collect())),
            ("signed out", page("one", 2, Vec::new())),
            ("nowhere else", page("", 1, Vec::new())),
        ]
    }
}
