use minijinja::{Value, context, value::Serde};

use super::{Gate, Page, Replaceable, Way};

/// The sign-in page.
#[derive(Default)]
pub(crate) struct Signin {
    pub(crate) gate: Gate,
    /// Whether the user can choose to stay signed in.
    pub(crate) remember: bool,
    /// Whether sign-up is open.
    pub(crate) signup: bool,
    /// Whether passkeys are enabled.
    pub(crate) passkeys: bool,
    /// Path of the page for an emailed code; empty if there is none.
    pub(crate) code: String,
    /// Other sign-in methods.
    pub(crate) ways: Vec<Way>,
    /// Provider whose sign-in failed. Empty if none failed.
    pub(crate) provider: String,
    /// Last sign-in method used in this browser. Empty if unknown.
    pub(crate) last: String,
    /// Passkey that the browser can delete, for its `signalUnknownCredential`. Empty if none.
    pub(crate) signal: String,
}

impl Page for Signin {
    const NAME: &'static str = "signin.html";
    const USES_PASSKEYS: bool = true;

    fn values(&self) -> Value {
        let Self { remember, signup, passkeys, .. } = *self;
        let (last, signal, code) = (self.last.as_str(), self.signal.as_str(), self.code.as_str());
        let offers =
            context! { remember, signup, passkeys, last, signal, code, ways => Value::from(Serde(&self.ways)) };
        context! { offers, provider => self.provider.as_str(), ..self.gate.values() }
    }
}

impl Replaceable for Signin {
    const PURPOSE: &'static str = "The sign-in page.";
    const SOURCE: &'static str = source!("pages/signin.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |gate| Self {
            gate,
            remember: true,
            signup: true,
            passkeys: true,
            code: "/User1/signin/code".to_owned(),
            ways: Way::samples(),
            provider: "Google".to_owned(),
            last: "passkey".to_owned(),
            ..Self::default()
        };
        let done = |done| Gate { done, ..Gate::default() };
        let both = [("email", "Enter your email address"), ("password", "Enter your password")];
        vec![
            ("", page(Gate::default())),
            ("wrong", page(Gate::wrong("wrong"))),
            ("wait", page(Gate::wrong("wait"))),
            ("not verified", page(Gate::wrong("unverified"))),
            ("compromised", page(Gate::wrong("compromised"))),
            ("locked", page(Gate::wrong("locked"))),
            ("passkey refused", page(Gate::wrong("passkey"))),
            ("provider", page(Gate::wrong("provider"))),
            ("timed out", page(Gate::wrong("timed_out"))),
            ("too many codes", page(Gate::wrong("too_many_codes"))),
            ("expired", page(Gate::wrong("expired"))),
            ("empty", page(Gate { problem: "fields", ..Gate::refused(&both) })),
            ("deleted", page(done("deleted"))),
            ("secured", page(done("secured"))),
        ]
    }
}
