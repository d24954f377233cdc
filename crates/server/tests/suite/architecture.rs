//! The arrows that must never be, where no manifest keeps them: read from the `use` lines.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder), &mut found);
    assert!(!found.is_empty());
    found
}

/// Files of this folder that name any of these words, except those that may.
fn naming(folder: &str, words: &[&str], may: &[&str]) -> Vec<String> {
    let files = sources(folder).into_iter().filter(|path| !may.iter().any(|may| path.ends_with(may)));
    let names = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
        code.clone().any(|line| words.iter().any(|word| line.contains(word)))
    };
    files.filter(names).map(|path| path.display().to_string()).collect()
}

const NOBODY: [String; 0] = [];

#[test]
fn only_the_wiring_names_a_backend() {
    assert_eq!(naming("crates/server/src", &["portcullis_backends"], &["app/mod.rs", "app/backends.rs"]), NOBODY);
}

#[test]
fn a_handler_calls_services_and_no_port() {
    assert_eq!(naming("crates/server/src/http", &["port::"], &["http/state.rs"]), NOBODY);
}

#[test]
fn templates_know_nothing_of_http() {
    assert_eq!(naming("crates/server/src/templates", &["crate::http", "axum"], &[]), NOBODY);
}

#[test]
fn status_numbers_of_refusals_stand_in_one_place() {
    let words =
        ["StatusCode::BAD_REQUEST", "StatusCode::UNAUTHORIZED", "StatusCode::FORBIDDEN", "StatusCode::NOT_FOUND"];
    assert_eq!(naming("crates/server/src", &words, &["http/problem.rs"]), NOBODY);
}

#[test]
fn the_core_knows_no_technology() {
    let words =
        ["axum", "hyper", "rusqlite", "mongodb", "redis::", "lettre", "reqwest", "minijinja", "clap::", "tokio::fs"];
    assert_eq!(naming("crates/core/src", &words, &[]), NOBODY);
}

#[test]
fn no_backend_knows_another_or_the_server() {
    const BACKENDS: &[&str] = &["dev_mailbox", "hash", "mail", "memory", "mongodb", "sms", "sqlite"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../backends/src");
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, BACKENDS);
    for one in BACKENDS {
        let others = BACKENDS.iter().filter(|other| other != &one);
        let words: Vec<String> = others.map(|other| format!("crate::{other}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(naming(&format!("crates/backends/src/{one}"), &words, &[]), NOBODY);
    }
    assert_eq!(naming("crates/backends/src", &["portcullis::"], &[]), NOBODY);
}

#[test]
fn tests_that_can_fail_are_what_the_gate_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in [".ci/run", "Makefile"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(!text.contains("|| true") && !text.contains("-k "), "{file}");
    }
}
