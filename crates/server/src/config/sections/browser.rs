//! Browser settings: which web pages may call the server, and HSTS.

use axum::http::HeaderValue;

use super::{
    general::{ENVIRONMENT, PUBLIC_URL},
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::Derived,
    value::{HSTS_POLICY, ORIGINS, PublicUrl, StrictTransport},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Browsers", SETTINGS).deriving(derive).checked(check);

settings! {
    CORS_ALLOWED_ORIGINS: Vec<String> = ORIGINS, Derived("loopback origins on any port in development, none in production"),
        "Web origins, separated by commas, that may call the server from a browser (CORS).";
    HSTS: StrictTransport = HSTS_POLICY, Derived("`max-age=63072000` if `PUBLIC_URL` is https without a path, else `off`"),
        "Value of `Strict-Transport-Security`, which keeps browsers on https, or `off`. The default does not include subdomains.";
}

#[derive(Debug)]
pub struct Browser {
    pub cors: CorsOrigins,
    /// `HSTS`. `None` if `off`.
    pub hsts: Option<HeaderValue>,
}

/// Origins whose pages may call the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsOrigins {
    /// `CORS_ALLOWED_ORIGINS`.
    pub named: Vec<String>,
    /// Whether pages on loopback origins may call it, on any port.
    pub loopback: bool,
}

impl Browser {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let is_development = values.get(&ENVIRONMENT)? == Environment::Development;
        let named = values.get(&CORS_ALLOWED_ORIGINS);
        let cors = CorsOrigins { loopback: is_development && named.is_none(), named: named.unwrap_or_default() };
        Some(Self { cors, hsts: values.get(&HSTS)?.0 })
    }
}

fn derive(values: &mut Values, _: Environment) {
    values.derive(&HSTS, |values| {
        let url = values.get(&PUBLIC_URL)?;
        // With a path, the host also serves other applications, so HSTS is left to the proxy.
        let is_own = url.is_https() && url.path().is_empty();
        Some(if is_own { "max-age=63072000" } else { "off" }.to_owned())
    });
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    let name = CORS_ALLOWED_ORIGINS.name();
    let origins = values.get(&CORS_ALLOWED_ORIGINS).unwrap_or_default();
    if origins.iter().any(|origin| origin == "*") {
        let named: Vec<&str> = origins.iter().map(String::as_str).filter(|origin| *origin != "*").collect();
        let named = if named.is_empty() { "https://app.example.com".to_owned() } else { named.join(",") };
        report.insecure(Refused, name, "allows all origins (`*`): list the origins", Fix::set(name, named));
    }
    if origins.iter().any(|origin| is_plain(origin)) {
        let secured = origins
            .iter()
            .filter(|origin| *origin != "*")
            .map(|origin| if is_plain(origin) { origin.replacen("http://", "https://", 1) } else { origin.clone() });
        let secured: Vec<String> = secured.collect();
        let text = "names an origin with `http`: anyone on its network could change the page and read its tokens";
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, secured.join(",")));
    }
}

/// Returns whether an origin is on another machine and uses plain HTTP.
fn is_plain(origin: &str) -> bool {
    PublicUrl::parse(origin).is_ok_and(|url| !url.is_https() && !url.is_loopback())
}
