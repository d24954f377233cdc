//! Settings and commands in the documentation exist in the program.

use std::{collections::HashSet, fs};

use portcullis::{cli, config::settings_markdown};

use super::{Text, pages, root};

/// Upper-case names that are not settings: of tests, the toolchain, `compose.yaml` and other services.
const OTHERS: &[&str] =
    &["CARGO_TARGET_DIR", "PORTCULLIS_IMAGE", "PORTCULLIS_TEST_", "NAME_FILE", "REALM_", "RUSTDOCFLAGS"];

#[test]
fn every_setting_that_is_named_exists() {
    let known = settings();
    let is_family = |name: &str| name.ends_with('_') && known.iter().any(|known| known.starts_with(name));
    // The settings of providers have variable names.
    let of_member = |name: &str| match name.strip_prefix("SOCIAL_").and_then(|rest| rest.split_once('_')) {
        Some((_, end)) => format!("SOCIAL_<NAME>_{end}"),
        None => name.to_owned(),
    };
    let is_known = |name: &str| {
        let name = of_member(name);
        let value = name.strip_suffix("_FILE").unwrap_or(&name);
        known.contains(&name) || known.contains(value) || is_family(&name)
    };
    let mut unknown = Vec::new();
    for page in pages() {
        let assigned = page.fenced("env").filter_map(|line| line.split_once('=')).map(|(name, _)| name.to_owned());
        let spoken = page.quoted().into_iter().chain(page.fenced("sh").map(str::to_owned));
        let spoken =
            spoken.flat_map(|text| names(&text)).filter(|name| !OTHERS.iter().any(|other| name.starts_with(other)));
        let names = assigned.chain(spoken).filter(|name| !is_known(name));
        unknown.extend(names.map(|name| format!("{}: {name}", page.path.display())));
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_command_line_of_the_program_is_understood() {
    let mut seen = 0;
    for page in pages() {
        for line in commands(&page) {
            let Some(words) = of_ours(&line) else { continue };
            seen += 1;
            // Help and version are also reported as errors, but with exit code 0.
            let refused = cli::parse(words).err().filter(|error| error.exit_code() != 0);
            assert!(refused.is_none(), "{}: {line}", page.path.display());
        }
    }
    assert!(seen > 10, "only {seen} were found");
}

#[test]
fn every_make_target_exists() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let is_there = |verb: &str| makefile.lines().any(|line| line.starts_with(&format!("{verb}:")));
    for page in pages() {
        for line in commands(&page) {
            if let Some(verb) = line.strip_prefix("make ").and_then(|rest| rest.split_whitespace().next()) {
                assert!(is_there(verb), "{}: {line}", page.path.display());
            }
        }
    }
}

fn settings() -> HashSet<String> {
    let page = settings_markdown();
    page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned)).collect()
}

/// Returns upper-case words with an underscore.
fn names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let is_name = |word: &&str| {
        let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        word.contains('_') && word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(is_capital)
    };
    words.filter(is_name).map(str::to_owned).collect()
}

/// Returns the commands in the documentation.
fn commands(page: &Text) -> Vec<String> {
    page.quoted().into_iter().chain(page.fenced("sh").map(str::to_owned)).collect()
}

/// Returns the arguments of a call of the program, without preceding variables and trailing redirections or comments.
/// Returns `None` for other commands.
fn of_ours(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next().and_then(|line| line.split(" >").next()).unwrap_or_default();
    let mut words = line.split_whitespace().skip_while(|word| word.contains('=')).map(str::to_owned).peekable();
    let is_ours = words.peek().is_some_and(|first| first.rsplit('/').next() == Some("portcullis"));
    is_ours.then(|| words.collect())
}
