//! `stats`: counters of each day and realm, as a table.

use std::io;

use portcullis_core::clock::Timestamp;
use serde_json::Value;

use super::{
    AdminVerb, CallError, Caller,
    verbs::{Answer, get, items},
};
use crate::cli::output::{FAINT, Output, harmless};

const DAY: i64 = 24 * 3600 * 1000;
/// Heading of each column and its member in the response. If the member is an object, the sum of its values is shown.
const COLUMNS: [(&str, &str); 11] = [
    ("day", "day"),
    ("realm", "realm"),
    ("users", "users"),
    ("two-step", "two_step"),
    ("active", "active"),
    ("sign-ups", "registrations"),
    ("verified", "verified"),
    ("sign-ins", "logins"),
    ("refused", "refusals"),
    ("mails", "mails"),
    ("sms", "sms"),
];

pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Answer {
    let realm = verb.flag("realm").map(|realm| ("realm", realm.to_owned()));
    let usual = get(caller, &path(realm.iter().cloned())).await?;
    let Some(days) = verb.flag("days") else { return Ok(usual) };
    let days = days.parse::<i64>().ok().filter(|days| *days > 0);
    let days = days.ok_or_else(|| CallError::Usage("--days is a number of days".to_owned()))?;
    // The last day is that of the server, whose clock may differ.
    let last = usual.get("to").and_then(Value::as_str).and_then(|to| Timestamp::parse(&format!("{to}T00:00:00Z")));
    let Some(last) = last else { return Ok(usual) };
    let first = Timestamp::from_millis(last.millis().saturating_sub((days - 1).saturating_mul(DAY))).date();
    let range = [("from", first), ("to", last.date())];
    get(caller, &path(realm.into_iter().chain(range))).await
}

fn path(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/v1/admin/stats?{query}")
}

/// Prints the table.
pub(super) fn print(answer: &Value, out: &mut Output<'_>) -> io::Result<()> {
    let row = |item: &Value| COLUMNS.map(|(_, member)| cell(item.get(member).unwrap_or(&Value::Null)));
    let rows: Vec<[String; COLUMNS.len()]> = items(answer).map(row).collect();
    let mut widths = COLUMNS.map(|(heading, _)| heading.len());
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = (*width).max(cell.chars().count()));
    }
    let heading = out.paint(FAINT, line(COLUMNS.iter().map(|(heading, _)| *heading), &widths));
    out.line(heading)?;
    rows.iter().try_for_each(|row| out.line(line(row.iter().map(String::as_str), &widths)))
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let cells: Vec<String> = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    cells.join("  ").trim_end().to_owned()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => harmless(text),
        Value::Object(parts) if parts.contains_key("failed") => {
            let part = |name: &str| parts.get(name).and_then(Value::as_u64).unwrap_or_default();
            let (sent, failed) = (part("sent"), part("failed"));
            if failed == 0 { sent.to_string() } else { format!("{sent} ({failed} failed)") }
        }
        Value::Object(parts) => parts.values().filter_map(Value::as_u64).sum::<u64>().to_string(),
        other => other.to_string(),
    }
}
