//! The folders and files that a page refers to exist.

use super::{pages, root};

/// Folders that paths may be relative to.
const BASES: &[&str] = &[
    "",
    "crates",
    "crates/core/src",
    "crates/backends/src",
    "crates/server/src",
    "crates/server",
    "crates/server/templates",
];

/// Pages whose paths refer to the sources.
const PAGES: &[&str] = &["docs/contributing/where-things-go.md", "docs/ARCHITECTURE.md"];

#[test]
fn every_path_of_the_pages_about_the_sources_exists() {
    for name in PAGES {
        let page = pages().into_iter().find(|page| page.path.ends_with(name)).unwrap();
        let paths = paths(&page.prose().collect::<Vec<_>>().join(" "));
        assert!(paths.len() > 10, "{name}: {paths:?}");
        let missing: Vec<&String> = paths.iter().filter(|path| !exists(path)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

/// Returns the paths between backticks, except those that the page marks as planned.
fn paths(prose: &str) -> Vec<String> {
    let parts: Vec<&str> = prose.split('`').collect();
    let quoted = parts.chunks(2).zip(parts.chunks(2).skip(1)).filter(|(_, after)| !after[0].starts_with(" (planned)"));
    quoted.filter_map(|(pair, _)| Some((*pair.get(1)?).to_owned())).filter(|text| is_path(text)).collect()
}

/// Returns whether a text is a file path. Request paths and URLs begin with a slash.
fn is_path(text: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || ['_', '-', '.', '/'].contains(&c);
    text.contains('/') && !text.starts_with('/') && text.chars().all(is_name)
}

/// Returns whether a file or folder exists, up to the first placeholder such as `NOUN`.
fn exists(path: &str) -> bool {
    let is_placeholder = |part: &&str| {
        let stem = part.split('.').next().unwrap();
        stem.len() > 1 && stem.chars().all(|c| c.is_ascii_uppercase())
    };
    let parts = path.split('/').take_while(|part| !is_placeholder(part)).filter(|part| !part.is_empty());
    let known = parts.collect::<Vec<_>>().join("/");
    let known = ["core", "backends", "server"]
        .iter()
        .find_map(|name| known.strip_prefix(&format!("{name}/")).map(|rest| format!("{name}/src/{rest}")))
        .unwrap_or(known);
    let is_there = |base: &str| {
        let path = root().join(base).join(&known);
        path.exists() || path.with_file_name(format!("{}.rs", path.file_name().unwrap().to_str().unwrap())).exists()
    };
    BASES.iter().any(|base| is_there(base))
}

#[test]
fn planned_paths_are_left_out() {
    assert_eq!(paths("`a/b`, `no path`, `c/d` (planned), `/e/f` and `g/NOUN`."), ["a/b", "g/NOUN"]);
}

#[test]
fn a_path_that_does_not_exist_is_found() {
    for there in ["core/port/store/NOUN", "core/service/AREA/VERB", "sqlite/migrate", "tests/suite/routes/AREA/VERB"] {
        assert!(is_path(there) && exists(there), "{there}");
    }
    for missing in ["core/nowhere/NOUN", "sqlite/table_of_nothing", "server/http/routes/none.rs"] {
        assert!(is_path(missing) && !exists(missing), "{missing}");
    }
    assert!(!is_path("/User1/create") && !is_path("Requires a/b"));
}
