//! Paths used by a source file in `use` declarations and in code.

/// A path as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: Vec<String>,
    /// Whether it is in a `use` declaration with a visibility.
    pub(super) is_reexport: bool,
}

/// Returns all paths in `use` declarations, and those in code that begin with `crate`, `super` or the name of a crate
/// of this workspace.
pub(super) fn named(source: &str) -> Vec<Named> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let (mut found, mut rest, mut other) = (Vec::new(), code.as_str(), String::new());
    while let Some((start, is_reexport)) = next_use(rest) {
        other.push_str(&rest[..start]);
        let item = &rest[start..];
        let item = &item[item.find("use ").unwrap() + 4..];
        let end = item.find(';').unwrap_or(item.len());
        let mut paths = Vec::new();
        expand(&[], &item[..end], &mut paths);
        found.extend(paths.into_iter().map(|path| Named { path, is_reexport }));
        rest = &item[end..];
    }
    other.push_str(rest);
    found.extend(in_code(&other).into_iter().map(|path| Named { path, is_reexport: false }));
    found
}

/// Returns the start of the next line with `use`, and whether it has a visibility.
fn next_use(code: &str) -> Option<(usize, bool)> {
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        let item = line.trim_start();
        if item.starts_with("use ") {
            return Some((start, false));
        }
        if item.starts_with("pub") && item.split_once("use ").is_some_and(|(before, _)| is_visibility(before.trim())) {
            return Some((start, true));
        }
        start += line.len();
    }
    None
}

fn is_visibility(word: &str) -> bool {
    word == "pub" || (word.starts_with("pub(") && word.ends_with(')'))
}

/// Expands a use tree such as `a::{b, c::{self, D}}` into its paths.
fn expand(prefix: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if let Some(inner) = tree.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let (mut depth, mut start) = (0_i32, 0);
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(prefix, &inner[start..at], found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return expand(prefix, &inner[start..], found);
    }
    if tree.is_empty() {
        return;
    }
    let (first, rest) = tree.split_once("::").map_or((tree, None), |(first, rest)| (first, Some(rest)));
    let name = first.split(" as ").next().unwrap().trim().to_owned();
    let is_self = rest.is_none() && name == "self" && !prefix.is_empty();
    let path: Vec<String> = prefix.iter().cloned().chain((!is_self).then_some(name)).collect();
    match rest {
        Some(rest) => expand(&path, rest, found),
        None => found.push(path),
    }
}

/// Returns the paths in code outside of `use` declarations.
fn in_code(code: &str) -> Vec<Vec<String>> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let paths = words.filter(|word| word.contains("::")).map(|word| word.split("::").map(str::to_owned).collect());
    let begins = |path: &Vec<String>| {
        ["crate", "super", "self"].contains(&path[0].as_str()) || path[0].starts_with("portcullis")
    };
    paths.filter(begins).collect()
}

#[test]
fn paths_are_read_from_use_lines_and_from_code() {
    let source = "
        // use crate::comment::No;
        pub(crate) use open::{self, Opened as Open};
        use crate::{
            account::{User, email::Email},
            ctx,
        };
        fn f() { super::step::run(&crate::link::Link::new(), Vec::<u8>::new()) }
    ";
    let paths: Vec<String> = named(source).iter().map(|named| named.path.join("::")).collect();
    let expected = [
        "open",
        "open::Opened",
        "crate::account::User",
        "crate::account::email::Email",
        "crate::ctx",
        "super::step::run",
        "crate::link::Link::new",
    ];
    assert_eq!(paths, expected);
    assert_eq!(named(source).iter().filter(|named| named.is_reexport).count(), 2);
}
