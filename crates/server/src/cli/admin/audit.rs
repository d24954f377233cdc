//! `portcullis audit …` and `portcullis why REQUEST_ID`.

use std::{collections::BTreeMap, fs, io, io::BufRead};

use axum::http::Method;
use portcullis_core::audit::{Chain, Checkpoint, PlacedEntry, PublicAuditKey, StoredBlock, Verified, Verifier};
use serde_json::{Map, Value, json};

use super::{
    AdminVerb, CallError, Caller,
    audit_lines::{Line, read},
};
use crate::cli::output::{BAD, GOOD, Output};

/// Flags of a query and the parameters that they become.
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

async fn get(caller: &Caller, path: &str, parameters: &[(&str, &str)]) -> Result<Value, CallError> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    caller.call(Method::GET, &path, None, None).await
}

fn parameters<'a>(verb: &'a AdminVerb, names: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'a str)> {
    names.iter().filter_map(|(flag, name)| Some((*name, verb.flag(flag)?))).collect()
}

/// Runs a verb whose answer is printed like those of other groups.
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

/// Writes an export, a JSON object a line.
pub(super) async fn export(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> Result<u8, CallError> {
    let mut given = parameters(verb, &[("realm", "realm"), ("from", "from"), ("to", "to")]);
    if verb.has("blocks") {
        given.push(("blocks", "true"));
    }
    let (mut cursor, mut number) = (None::<String>, 0_usize);
    loop {
        let page = page(caller, &given, cursor.as_deref()).await?;
        for line in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            out.line(line).map_err(CallError::Output)?;
            number += 1;
        }
        cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            break;
        }
        crate::cli::progress(&format_args!("{number} lines")).map_err(CallError::Output)?;
    }
    crate::cli::progress(&format_args!("{number} lines exported")).map_err(CallError::Output)?;
    Ok(0)
}

async fn page(caller: &Caller, given: &[(&str, &str)], cursor: Option<&str>) -> Result<Value, CallError> {
    let given: Vec<(&str, &str)> = given.iter().copied().chain(cursor.map(|cursor| ("cursor", cursor))).collect();
    get(caller, "/v1/admin/audit/export", &given).await
}

/// Verifies the trail of the database, or an export. The exit code is 1 if something is found.
pub(super) async fn verify(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> Result<u8, CallError> {
    let from = match verb.flag("from").map(str::parse::<u64>) {
        Some(Err(_)) => return Err(CallError::Usage("--from takes the number of a block".to_owned())),
        Some(Ok(number)) => number,
        None => 0,
    };
    let keys = match verb.flag("public-key") {
        Some(file) => PublicAuditKey::all_from_pem(&text_of(file)?),
        None => stored_keys(caller).await?,
    };
    let checkpoints = verb.flag("checkpoints").map(read_checkpoints).transpose()?.unwrap_or_default();
    let file = verb.subjects.first();
    let mut feed =
        Feed { verifier: Verifier::new(keys, checkpoints, from <= 1 && file.is_none()), from, rows: BTreeMap::new() };
    match file {
        Some(file) => {
            let lines = fs::File::open(file).map_err(|error| unreadable(file, &error))?;
            for (line, number) in io::BufReader::new(lines).lines().zip(1..) {
                let line = line.map_err(|error| unreadable(file, &error))?;
                let value = serde_json::from_str(&line).unwrap_or_default();
                feed.take(&value)
                    .ok_or_else(|| CallError::Usage(format!("{file}: line {number} is no line of an export")))?;
            }
        }
        None => {
            let given = [("blocks", "true"), ("sealed", "true")];
            let mut cursor = None::<String>;
            loop {
                let page = page(caller, &given, cursor.as_deref()).await?;
                for line in page.get("items").and_then(Value::as_array).into_iter().flatten() {
                    feed.take(line)
                        .ok_or_else(|| CallError::Unreachable("it sends what this version cannot read".to_owned()))?;
                }
                cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
                if cursor.is_none() {
                    break;
                }
            }
        }
    }
    let verified = feed.finish();
    print(&verified, out).map_err(CallError::Output)?;
    Ok(u8::from(!verified.findings.is_empty()))
}

/// What is verified: rows wait for their block.
struct Feed {
    verifier: Verifier,
    /// Number of the first block that is verified.
    from: u64,
    rows: BTreeMap<Chain, Vec<PlacedEntry>>,
}

impl Feed {
    /// Takes a line; `None` if it is malformed.
    fn take(&mut self, line: &Value) -> Option<()> {
        match read(line)? {
            Line::Row(_, PlacedEntry { position: None, entry }) => self.verifier.waiting([&entry]),
            Line::Row(chain, row) => self.rows.entry(chain).or_default().push(row),
            Line::Block(stored) => self.block(&stored),
        }
        Some(())
    }

    fn block(&mut self, stored: &StoredBlock) {
        let rows = self.rows.remove(&stored.block.chain).unwrap_or_default();
        if stored.block.number >= self.from {
            self.verifier.block(stored, &rows);
        }
    }

    fn finish(mut self) -> Verified {
        for (chain, rows) in self.rows {
            self.verifier.beyond(chain, &rows);
        }
        self.verifier.finish()
    }
}

fn unreadable(file: &str, error: &io::Error) -> CallError {
    CallError::Usage(format!("{file} cannot be read: {error}"))
}

fn text_of(file: &str) -> Result<String, CallError> {
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

fn read_checkpoints(file: &str) -> Result<Vec<Checkpoint>, CallError> {
    Ok(text_of(file)?.lines().filter_map(Checkpoint::parse).collect())
}

async fn stored_keys(caller: &Caller) -> Result<Vec<PublicAuditKey>, CallError> {
    let answer = get(caller, "/v1/admin/audit/keys", &[]).await?;
    let keys = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    Ok(keys.filter_map(|key| key.get("public_key")?.as_str()).flat_map(PublicAuditKey::all_from_pem).collect())
}

fn print(verified: &Verified, out: &mut Output<'_>) -> io::Result<()> {
    if out.is_json() {
        let findings = verified.findings.iter().map(|finding| {
            json!({"fault": finding.fault.as_str(), "chain": finding.chain.as_str(), "block": finding.block,
                "row": finding.row, "text": finding.to_string()})
        });
        let restores = verified
            .restores
            .iter()
            .map(|(chain, epoch, number)| json!({"chain": chain.as_str(), "epoch": epoch, "block": number}));
        let pruned = verified.pruned.iter().map(|(chain, number)| json!({"chain": chain.as_str(), "block": number}));
        return out.json(&json!({
            "blocks": verified.blocks,
            "rows": verified.rows,
            "findings": findings.collect::<Vec<_>>(),
            "restores": restores.collect::<Vec<_>>(),
            "pruned": pruned.collect::<Vec<_>>(),
        }));
    }
    for (chain, number) in &verified.pruned {
        out.line(format_args!("{}: rows up to block {number} were removed by retention", chain.as_str()))?;
    }
    for (chain, epoch, number) in &verified.restores {
        let chain = chain.as_str();
        out.line(format_args!("{chain}: block {number} opens epoch {epoch}: the database was restored from a backup"))?;
    }
    for finding in &verified.findings {
        let line = out.paint(BAD, finding);
        out.line(line)?;
    }
    let (colour, word) = if verified.findings.is_empty() { (GOOD, "intact") } else { (BAD, "NOT intact") };
    let word = out.paint(colour, word);
    out.line(format_args!("{} blocks with {} rows: {word}", verified.blocks, verified.rows))
}

/// Prints the public keys in PEM.
pub(super) fn print_keys(answer: &Value, out: &mut Output<'_>) -> io::Result<()> {
    let keys = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    for key in keys.filter_map(|key| key.get("public_key")?.as_str()) {
        out.line(key.trim_end())?;
    }
    Ok(())
}
