//! Forbidden dependencies, each as a function that returns the violations in a crate.

use super::sources::{Arrow, Crate};

/// Service areas, and what each may use from other areas in addition to the kernel.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("admin", &["account", "session"]),
    ("factor", &["session::step", "session::open"]),
    ("federation", &["session::step", "session::open"]),
    ("oauth", &["session::step", "session::open"]),
];

/// Returns whether a path is this one or below it.
fn is_in(path: &[String], area: &str) -> bool {
    let mut parts = path.iter();
    area.split("::").all(|part| parts.next().is_some_and(|found| found == part))
}

/// Returns the dependencies from below `area` that `is_forbidden` selects.
fn violations(of: &Crate, area: &str, is_forbidden: impl Fn(&Arrow) -> bool) -> Vec<String> {
    let forbidden = of.arrows(area).into_iter().filter(is_forbidden);
    forbidden.map(|arrow| format!("{} names {}", arrow.from, arrow.to.join("::"))).collect()
}

/// No service area uses another, the kernel uses none, and none uses the suites.
pub(super) fn areas(core: &Crate) -> Vec<String> {
    let areas = core.children("service");
    let of_area = |area: &String| {
        let may = MAY_NAME.iter().find(|(name, _)| name == area).map_or(&[][..], |(_, may)| may);
        let others = areas.iter().filter(|other| *other != area && *other != "kernel");
        let others: Vec<String> = others.map(|other| format!("crate::service::{other}")).collect();
        violations(core, &format!("service::{area}"), |arrow| {
            let is_other = others.iter().any(|other| is_in(&arrow.to, other));
            let is_allowed = may.iter().any(|may| is_in(&arrow.to, &format!("crate::service::{may}")));
            (is_other && !is_allowed) || is_in(&arrow.to, "crate::suite")
        })
    };
    areas.iter().flat_map(of_area).collect()
}

/// Templates depend neither on the routes nor on the HTTP library.
pub(super) fn templates(server: &Crate) -> Vec<String> {
    violations(server, "templates", |arrow| ["crate::http", "axum"].iter().any(|other| is_in(&arrow.to, other)))
}

/// Only the wiring uses a backend.
pub(super) fn wiring(server: &Crate) -> Vec<String> {
    let named = violations(server, "", |arrow| is_in(&arrow.to, "portcullis_backends"));
    named.into_iter().filter(|line| !line.starts_with("app ") && !line.starts_with("app::")).collect()
}

/// A handler calls services. Only the state, which the wiring fills, uses a port.
pub(super) fn handlers(server: &Crate) -> Vec<String> {
    let named = violations(server, "http", |arrow| is_in(&arrow.to, "portcullis_core::port"));
    named.into_iter().filter(|line| !line.starts_with("http::state ")).collect()
}

/// The routes of an area do not use those of another.
pub(super) fn routes(server: &Crate) -> Vec<String> {
    siblings(server, "http::routes", &[])
}

/// No backend uses another, or the server.
pub(super) fn backends(backends: &Crate) -> Vec<String> {
    let mut found = siblings(backends, "", &["timing"]);
    found.extend(violations(backends, "", |arrow| is_in(&arrow.to, "portcullis")));
    found
}

/// Returns the dependencies from one module below `area` on another, except on shared modules.
fn siblings(of: &Crate, area: &str, shared: &[&str]) -> Vec<String> {
    let join = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("::");
    let children = of.children(area);
    let of_child = |child: &String| {
        let others = children.iter().filter(|other| *other != child && !shared.contains(&other.as_str()));
        let others: Vec<String> = others.map(|other| join(&["crate", area, other])).collect();
        violations(of, &join(&[area, child]), |arrow| others.iter().any(|other| is_in(&arrow.to, other)))
    };
    children.iter().flat_map(of_child).collect()
}

#[test]
fn an_area_that_names_another_is_found() {
    let with = |area: &str, text: &str| {
        let path = format!("service/{area}/verb.rs");
        let face = "mod step;\nmod login;\npub use step::Step;";
        let sources = [("service/mod.rs", ""), ("service/kernel/mod.rs", ""), ("service/account/mod.rs", "")];
        let session = [("service/session/mod.rs", face), ("service/session/step.rs", "pub struct Step;")];
        areas(&Crate::of(sources.into_iter().chain(session).chain([(path.as_str(), text)])))
    };
    let allowed: [(&str, &str); 5] = [
        ("session", "use crate::{account::User, service::kernel::Scope};"),
        ("session", "use super::{super::kernel::Scope, step::Step};"),
        ("admin", "use crate::service::{account::Accounts, session::Sessions};"),
        ("factor", "use crate::service::session::{Step, step};"),
        ("oauth", "use crate::{service::session::open, token::AccessTokens};"),
    ];
    for (area, text) in allowed {
        assert!(with(area, text).is_empty(), "{area}: {text}");
    }
    let forbidden = [
        ("session", "use crate::service::account::Accounts;"),
        ("account", "use super::super::session::Step;"),
        ("kernel", "fn f() { crate::service::session::step::run() }"),
        ("factor", "use crate::service::session::login;"),
        ("oauth", "use crate::service::{account, session::step};"),
        ("account", "use crate::suite::rows;"),
    ];
    for (area, text) in forbidden {
        assert_eq!(with(area, text).len(), 1, "{area}: {text}");
    }
}

#[test]
fn a_template_that_names_http_is_found() {
    let with = |text| templates(&Crate::of([("http/state.rs", ""), ("templates/pages/reset.rs", text)]));
    assert!(with("use crate::error_chain;").is_empty());
    for text in ["use crate::http::state;", "use super::super::super::http::page;", "use axum::response::Html;"] {
        assert_eq!(with(text).len(), 1, "{text}");
    }
}

#[test]
fn a_backend_that_is_named_outside_the_wiring_is_found() {
    let with = |path, text| wiring(&Crate::of([("app/mod.rs", "use portcullis_backends::sqlite;"), (path, text)]));
    assert!(with("app/backends.rs", "use portcullis_backends::hash;").is_empty());
    assert_eq!(with("http/state.rs", "use portcullis_backends::hash;").len(), 1);
    assert_eq!(with("worker/mod.rs", "fn f(_: portcullis_backends::mail::SmtpSender) {}").len(), 1);
}

#[test]
fn a_handler_that_names_a_port_is_found() {
    let with = |path, text| handlers(&Crate::of([(path, text)]));
    assert!(with("http/state.rs", "use portcullis_core::port::Mailbox;").is_empty());
    assert!(with("http/routes/me.rs", "use portcullis_core::service::Sessions;").is_empty());
    assert_eq!(with("http/routes/me.rs", "use portcullis_core::{id::UserId, port::Store};").len(), 1);
    assert_eq!(with("http/routes/me.rs", "fn f(_: &dyn portcullis_core::port::Store) {}").len(), 1);
}

#[test]
fn routes_that_name_those_of_another_area_are_found() {
    let with = |text| routes(&Crate::of([("http/routes/account/create.rs", text), ("http/routes/session/mod.rs", "")]));
    assert!(with("use crate::http::{extract::Form, routes::account};").is_empty());
    assert_eq!(with("use crate::http::routes::session;").len(), 1);
    assert_eq!(with("use super::super::session::login;").len(), 1);
}

#[test]
fn a_backend_that_names_another_or_the_server_is_found() {
    let with = |text| backends(&Crate::of([("mail/mod.rs", text), ("sms/mod.rs", ""), ("timing.rs", "")]));
    assert!(with("use crate::timing::since;\nuse portcullis_core::port::MailSender;").is_empty());
    for text in ["use crate::sms::failure;", "use super::sms;", "use portcullis::config;"] {
        assert_eq!(with(text).len(), 1, "{text}");
    }
}
