//! `portcullis audit …` and `portcullis why REQUEST_ID`.

use std::io;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{AdminVerb, CallError, Caller, audit_lines};
use crate::cli::output::Output;

/// Flags of a query and their API parameters.
const FILTERS: [(&str, &str); 11] = [
    ("realm", "realm"),
    ("user", "user"),
    ("event", "event"),
    ("actor", "actor"),
    ("outcome", "outcome"),
    ("request-id", "request_id"),
    ("session", "session"),
    ("from", "from"),
    ("to", "to"),
    ("limit", "limit"),
    ("cursor", "cursor"),
];

pub(super) async fn get(caller: &Caller, path: &str, parameters: &[(&str, &str)]) -> Result<Value, CallError> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    caller.call(Method::GET, &path, None, None).await
}

fn parameters<'a>(verb: &'a AdminVerb, names: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'a str)> {
    names.iter().filter_map(|(flag, name)| Some((*name, verb.flag(flag)?))).collect()
}

/// Runs a command whose result is printed like those of other groups.
pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Result<Value, CallError> {
    let subject = verb.subjects.first().map_or("", String::as_str);
    match verb.name {
        "query" => {
            let given = parameters(verb, &FILTERS);
            let Some(email) = verb.flag("email") else { return get(caller, "/v1/admin/audit", &given).await };
            let body: Map<String, Value> =
                given.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let body = json!(body.into_iter().chain([("email".to_owned(), json!(email))]).collect::<Map<_, _>>());
            caller.call(Method::POST, "/v1/admin/audit/search", Some(body), None).await
        }
        "blocks" => {
            let names = [("chain", "chain"), ("limit", "limit"), ("cursor", "cursor")];
            get(caller, "/v1/admin/audit/blocks", &parameters(verb, &names)).await
        }
        "key" => get(caller, "/v1/admin/audit/keys", &[]).await,
        "rotate-key" => caller.call(Method::POST, "/v1/admin/audit/keys/rotate", None, None).await,
        _ => {
            let is_plain =
                !subject.is_empty() && subject.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_plain {
                return Err(CallError::Usage("name a request by its identifier".to_owned()));
            }
            get(caller, &format!("/v1/admin/why/{subject}"), &[]).await
        }
    }
}

/// Prints an export, one JSON object per line. An export with blocks has a first line that describes its contents,
/// and a last line that makes truncation detectable.
pub(super) async fn export(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> Result<u8, CallError> {
    let mut given = parameters(verb, &[("realm", "realm"), ("from", "from"), ("to", "to")]);
    let has_blocks = verb.has("blocks");
    if has_blocks {
        given.push(("blocks", "true"));
    }
    let (mut pages, mut number) = (Pages::of(given), 0_u64);
    while let Some(page) = pages.next(caller).await? {
        let is_first = number == 0;
        let head = audit_lines::head(verb.flag("from"), verb.flag("to"), page.get("at").unwrap_or(&Value::Null));
        let lines = page.get("items").and_then(Value::as_array).into_iter().flatten();
        for line in Some(&head).filter(|_| has_blocks && is_first).into_iter().chain(lines) {
            out.line(line).map_err(CallError::Output)?;
            number += 1;
        }
        crate::cli::progress(&format_args!("{number} lines")).map_err(CallError::Output)?;
    }
    if has_blocks {
        out.line(audit_lines::end(number)).map_err(CallError::Output)?;
    }
    crate::cli::progress(&format_args!("{number} lines exported")).map_err(CallError::Output)?;
    Ok(0)
}

/// Pages of an export.
pub(super) struct Pages<'a> {
    given: Vec<(&'a str, &'a str)>,
    cursor: Option<String>,
    is_over: bool,
}

impl<'a> Pages<'a> {
    pub(super) const fn of(given: Vec<(&'a str, &'a str)>) -> Self {
        Self { given, cursor: None, is_over: false }
    }

    /// Returns the next page, or `None` after the last one.
    pub(super) async fn next(&mut self, caller: &Caller) -> Result<Option<Value>, CallError> {
        if self.is_over {
            return Ok(None);
        }
        let cursor = self.cursor.as_deref().map(|cursor| ("cursor", cursor));
        let given: Vec<(&str, &str)> = self.given.iter().copied().chain(cursor).collect();
        let page = get(caller, "/v1/admin/audit/export", &given).await?;
        self.cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        self.is_over = self.cursor.is_none();
        Ok(Some(page))
    }
}

/// Prints the public keys in PEM.
pub(super) fn print_keys(answer: &Value, out: &mut Output<'_>) -> io::Result<()> {
    let keys = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    for key in keys.filter_map(|key| key.get("public_key")?.as_str()) {
        out.line(key.trim_end())?;
    }
    Ok(())
}
