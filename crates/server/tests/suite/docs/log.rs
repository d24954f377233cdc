//! Every warning and error of the log is documented.

use std::fs;

use portcullis_core::audit::Event;

use super::{files, root};

#[test]
fn every_logged_warning_and_error_is_documented() {
    let manual = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let sources = files(&root().join("crates"), &|path| {
        path.extension().is_some_and(|end| end == "rs") && path.components().any(|part| part.as_os_str() == "src")
    });
    let texts = sources.iter().flat_map(|source| ["warn", "error"].map(|level| messages(&source.text, level)));
    let texts: Vec<String> = texts.flatten().collect();
    assert!(texts.len() > 25, "{texts:?}");
    let unknown: Vec<&String> = texts.iter().filter(|text| !manual.contains(&format!("`{text}`"))).collect();
    assert!(unknown.is_empty(), "docs/operations.md does not explain {unknown:?}");
}

/// Returns the messages logged at this level: the last string literal of each call.
fn messages(source: &str, level: &str) -> Vec<String> {
    let begin = format!("tracing::{level}!(");
    let calls = source.split(&begin).skip(1);
    let call = |rest: &str| {
        let parts: Vec<&str> = rest.split('"').collect();
        let is_last = |after: &str| [");", "),\n", ")\n"].iter().any(|end| after.trim_start().starts_with(end));
        let pairs = parts.chunks(2).zip(parts.chunks(2).skip(1));
        pairs.filter(|(_, after)| is_last(after[0])).find_map(|(text, _)| text.get(1).copied()).unwrap().to_owned()
    };
    calls.map(call).collect()
}

#[test]
fn every_event_of_the_audit_trail_is_listed() {
    for (page, row, are_all) in [("operations.md", "| `realm`, `event` |", true), ("api.md", "| `event` |", false)] {
        let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
        let list = text.lines().find(|line| line.starts_with(row)).unwrap();
        for event in Event::ALL.iter().filter(|event| are_all || event.is_shown()) {
            assert!(list.contains(&format!("`{}`", event.as_str())), "docs/{page} does not list `{}`", event.as_str());
        }
    }
}

#[test]
fn every_code_of_a_field_is_explained() {
    let page = fs::read_to_string(root().join("docs/api.md")).unwrap();
    let catalogue = fs::read_to_string(root().join("crates/core/src/error/catalogue.rs")).unwrap();
    let codes: Vec<&str> = catalogue.split("field(").filter_map(|rest| rest.trim_start().strip_prefix('"')).collect();
    assert!(codes.len() > 15);
    for code in codes.iter().filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("`{code}`")), "docs/api.md does not explain `{code}`");
    }
}
