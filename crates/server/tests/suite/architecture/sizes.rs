//! Files have at most 300 lines. The length of functions is checked by Clippy (`clippy.toml`).

use std::fs;

use super::sources::{root, rust_files};

const MAX_LINES: usize = 300;

/// Source files that may be longer, with the reason.
const LONGER: &[(&str, &str)] = &[
    ("crates/core/src/account/country/table.rs", "a data table: one line for each country"),
    ("crates/core/src/error/catalogue.rs", "a data table: one entry for each refusal"),
];

/// Returns the files that are too long, from pairs of path and text.
fn too_long<'a>(files: impl IntoIterator<Item = &'a (String, String)>) -> Vec<String> {
    let is_excepted = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let longer = files.into_iter().filter(|(path, text)| text.lines().count() > MAX_LINES && !is_excepted(path));
    longer.map(|(path, text)| format!("{path} has {} lines", text.lines().count())).collect()
}

fn sources() -> Vec<(String, String)> {
    let files = ["core", "backends", "server"].map(|name| rust_files(&root().join("crates").join(name).join("src")));
    let read = |file: std::path::PathBuf| {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        (path, fs::read_to_string(&file).unwrap())
    };
    files.into_iter().flatten().map(read).collect()
}

#[test]
fn a_source_file_has_at_most_300_lines() {
    let sources = sources();
    assert!(sources.len() > 200, "only {} were found", sources.len());
    assert_eq!(too_long(&sources), Vec::<String>::new());
    for (longer, reason) in LONGER {
        let lines = sources.iter().find(|(path, _)| path == longer).map(|(_, text)| text.lines().count());
        assert!(lines.is_some_and(|lines| lines > MAX_LINES), "{longer} needs no exception ({reason})");
    }
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let file = |lines: usize| ("crates/core/src/link/mod.rs".to_owned(), "\n".repeat(lines));
    assert!(too_long(&[file(300)]).is_empty());
    assert_eq!(too_long(&[file(301)]), ["crates/core/src/link/mod.rs has 301 lines"]);
}
