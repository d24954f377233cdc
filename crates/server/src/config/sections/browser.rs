//! Browsers: which pages may call the server.

use super::section::{Context, Section, settings};
use crate::config::{
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::Nothing,
    value::{ORIGINS, PublicUrl},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Browsers", SETTINGS).checked(check);

settings! {
    CORS_ALLOWED_ORIGINS: Vec<String> = ORIGINS, Nothing,
        "Origins of web pages, separated by commas, that may call the server from a browser (CORS).";
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

/// Whether a page comes from another machine without TLS.
fn is_plain(origin: &str) -> bool {
    PublicUrl::parse(origin).is_ok_and(|url| !url.is_https() && !url.is_loopback())
}
