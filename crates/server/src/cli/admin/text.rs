//! Formatting of API responses as text or JSON.

use std::io;

use serde_json::Value;

use super::AdminVerb;
use crate::cli::output::{FAINT, Output, harmless};

/// Members printed for list entries, in this order.
const COLUMNS: [&str; 26] = [
    "id",
    "kid",
    "number",
    "at",
    "name",
    "type",
    "realm",
    "kind",
    "event",
    "algorithm",
    "status",
    "state",
    "outcome",
    "reason",
    "actor",
    "email",
    "to",
    "first_name",
    "last_name",
    "grants",
    "attempts",
    "fault",
    "created_at",
    "seen_on",
    "count",
    "hash",
];

/// Prints a response. With `--print`, prints only the URL.
pub(super) fn print(verb: &AdminVerb, answer: &Value, out: &mut Output<'_>) -> io::Result<()> {
    let url = ["invitation_url", "reset_url"].iter().find_map(|name| answer.get(*name)?.as_str());
    if let (true, Some(url)) = (verb.has("print") && !out.is_json(), url) {
        return out.line(harmless(url));
    }
    if out.is_json() {
        return out.json(answer);
    }
    let Some(items) = answer.get("items").and_then(Value::as_array) else { return members(answer, out) };
    for item in items {
        let cells = COLUMNS.iter().filter_map(|name| item.get(*name)).map(plain).filter(|cell| !cell.is_empty());
        out.line(cells.collect::<Vec<_>>().join("  "))?;
    }
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        let more = out.paint(FAINT, format_args!("more: --cursor {}", harmless(next)));
        out.line(more)?;
    }
    Ok(())
}

fn members(answer: &Value, out: &mut Output<'_>) -> io::Result<()> {
    let members = answer.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(_, value)| !plain(value).is_empty()) {
        out.line(format_args!("{:<18} {}", harmless(name), plain(value)))?;
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| format!("{}={}", harmless(name), plain(value))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
