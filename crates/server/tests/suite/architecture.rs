//! Forbidden dependencies that no manifest prevents, checked by the paths used in the sources.
//!
//! Each rule is a function over the modules of a crate (`rules`), so that it can also be tested with deliberate
//! violations.

mod paths;
mod rules;
mod sizes;
mod sources;
mod texts;

use std::fs;

use sources::{Crate, root, rust_files};

const NONE: [String; 0] = [];

#[test]
fn only_the_wiring_names_a_backend() {
    assert_eq!(rules::wiring(&Crate::read("server")), NONE);
}

#[test]
fn a_handler_calls_services_and_no_port() {
    assert_eq!(rules::handlers(&Crate::read("server")), NONE);
}

#[test]
fn templates_do_not_depend_on_http() {
    assert_eq!(rules::templates(&Crate::read("server")), NONE);
}

#[test]
fn routes_of_an_area_name_no_other_area() {
    assert_eq!(rules::routes(&Crate::read("server")), NONE);
}

#[test]
fn no_backend_depends_on_another_or_the_server() {
    assert_eq!(rules::backends(&Crate::read("backends")), NONE);
}

#[test]
fn a_service_area_uses_the_kernel_and_no_other_area() {
    let core = Crate::read("core");
    assert!(core.children("service").is_superset(&["account", "kernel", "session"].map(str::to_owned).into()));
    assert_eq!(rules::areas(&core), NONE);
}

#[test]
fn no_modules_form_a_cycle() {
    let areas = [("core", ""), ("backends", ""), ("server", ""), ("server", "config"), ("server", "config::sections")];
    for (name, area) in areas {
        let modules = Crate::read(name);
        assert!(modules.children(area).len() > 5, "{name}: {area}");
        assert_eq!(modules.cycle(area), None, "{name}: {area}");
    }
}

#[test]
fn status_numbers_of_refusals_are_in_one_folder() {
    // The readiness probe responds with 503 itself: that is not an error response.
    let (home, words_of, probe) = ("http/problem/http_error.rs", "http/problem/words.rs", "http/routes/site/health.rs");
    let words: Vec<&str> =
        STATUS_WORDS.iter().filter(|word| **word != "StatusCode::SERVICE_UNAVAILABLE").copied().collect();
    assert_eq!(naming("server", STATUS_WORDS, &["http/problem/mod.rs", home, words_of, probe]), NONE);
    assert_eq!(naming("server", &words, &["http/problem/mod.rs", home, words_of]), NONE);
}

#[test]
fn the_core_names_no_technology() {
    assert_eq!(naming("core", TECHNOLOGIES, &[]), NONE);
}

#[test]
fn tests_that_can_fail_are_what_the_gate_runs() {
    let root = root();
    for file in [".ci/run", "Makefile"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(!text.contains("|| true") && !text.contains("-k "), "{file}");
    }
}

/// Error status codes, and ways to write one as a number.
const STATUS_WORDS: &[&str] = &[
    "StatusCode::BAD_REQUEST",
    "StatusCode::UNAUTHORIZED",
    "StatusCode::FORBIDDEN",
    "StatusCode::NOT_FOUND",
    "StatusCode::METHOD_NOT_ALLOWED",
    "StatusCode::CONFLICT",
    "StatusCode::PAYLOAD_TOO_LARGE",
    "StatusCode::UNSUPPORTED_MEDIA_TYPE",
    "StatusCode::UNPROCESSABLE_ENTITY",
    "StatusCode::TOO_MANY_REQUESTS",
    "StatusCode::INTERNAL_SERVER_ERROR",
    "StatusCode::SERVICE_UNAVAILABLE",
    "StatusCode::from_u16",
    "StatusCode::try_from",
];

const TECHNOLOGIES: &[&str] = &[
    "axum",
    "clap::",
    "hyper",
    "lettre",
    "minijinja",
    "mongodb",
    "redis::",
    "reqwest",
    "rusqlite",
    "tokio::fs",
    "tokio::net",
];

/// Returns the files of a crate whose code uses any of these words, except the allowed ones.
fn naming(name: &str, words: &[&str], may: &[&str]) -> Vec<String> {
    let files = rust_files(&root().join("crates").join(name).join("src"));
    let files = files.into_iter().filter(|path| !may.iter().any(|may| path.ends_with(may)));
    let named = files.filter(|path| mentions(&fs::read_to_string(path).unwrap(), words));
    named.map(|path| path.display().to_string()).collect()
}

/// Returns whether a source file uses any of these words outside of comments.
fn mentions(source: &str, words: &[&str]) -> bool {
    let code = source.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    code.into_iter().any(|line| words.iter().any(|word| line.contains(word)))
}

#[test]
fn names_are_found_in_code_but_not_in_comments() {
    assert!(mentions("fn f() -> StatusCode { StatusCode::CONFLICT }", STATUS_WORDS));
    assert!(mentions("StatusCode::from_u16(404)", STATUS_WORDS));
    assert!(!mentions("    /// Answers `NOT_FOUND`.\nStatusCode::OK", STATUS_WORDS));
    assert!(mentions("use axum::Router;", TECHNOLOGIES));
}
