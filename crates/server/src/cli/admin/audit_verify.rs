//! `portcullis audit verify`, for the database or an export.

use std::{collections::BTreeMap, fs, io, io::BufRead, time::Duration};

use portcullis_core::{
    audit::{
        Chain, Checkpoint, Checkpoints, Expected, PlacedEntry, PublicAuditKey, Retention, StoredBlock, Verified,
        Verifier,
    },
    clock::{Clock, SystemClock, Timestamp},
};
use serde_json::{Value, json};

use super::{
    AdminVerb, CallError, Caller,
    audit::{Pages, get},
    audit_lines::{Head, Line, read},
};
use crate::{
    cli::output::{BAD, GOOD, Output, harmless},
    config::duration,
};

/// Verifies the audit trail of the database or an export. The exit code is 1 if there are findings.
pub(super) async fn verify(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> Result<u8, CallError> {
    let from = verb.flag("from").map(str::parse::<u64>).transpose();
    let from = from.map_err(|_| CallError::Usage("--from takes the number of a block".to_owned()))?;
    let keys = match verb.flag("public-key") {
        Some(file) => PublicAuditKey::all_from_pem(&text_of(file)?),
        None => stored_keys(caller).await?,
    };
    let checkpoints = verb.flag("checkpoints").map(read_checkpoints).transpose()?.unwrap_or_default();
    let expected = Expected {
        checkpoints,
        first: Some(from.unwrap_or(1)),
        now: SystemClock.now(),
        retention: retention(verb, Retention::default())?,
    };
    let feed = match verb.subjects.first() {
        Some(file) => read_file(file, Feed::new(keys, expected, from))?,
        None => read_server(caller, verb, keys, expected, from).await?,
    };
    let (head, verified) = feed.finish();
    print(&head, &verified, out).map_err(CallError::Output)?;
    Ok(u8::from(!verified.findings.is_empty()))
}

/// Reads an export. If the last line is missing, the export was truncated.
fn read_file(file: &str, mut feed: Feed) -> Result<Feed, CallError> {
    let lines = fs::File::open(file).map_err(|error| unreadable(file, &error))?;
    for (line, number) in io::BufReader::new(lines).lines().zip(1_u64..) {
        let line = line.map_err(|error| unreadable(file, &error))?;
        let value = serde_json::from_str(&line).unwrap_or_default();
        feed.take(&value)
            .ok_or_else(|| CallError::Usage(format!("{file}: line {number} is not a valid export line")))?;
    }
    if !feed.is_ended {
        feed.verifier.truncated();
    }
    Ok(feed)
}

/// Reads the trail of a server, including the current time and the retention of that server.
async fn read_server(
    caller: &Caller,
    verb: &AdminVerb,
    keys: Vec<PublicAuditKey>,
    expected: Expected,
    from: Option<u64>,
) -> Result<Feed, CallError> {
    let malformed = || CallError::Unreachable("the response is not supported by this version".to_owned());
    let mut pages = Pages::of(vec![("blocks", "true"), ("sealed", "true")]);
    let (mut given, mut feed) = (Some((keys, expected)), None::<Feed>);
    while let Some(page) = pages.next(caller).await? {
        if let Some((keys, expected)) = given.take() {
            let now = page.get("at").and_then(Value::as_str).and_then(Timestamp::parse).ok_or_else(malformed)?;
            let seconds = |name: &str| page.get("retention")?.get(name)?.as_u64().map(Duration::from_secs);
            let kept = seconds("main").zip(seconds("reads")).ok_or_else(malformed)?;
            let retention = retention(verb, Retention { main: kept.0, reads: kept.1 })?;
            let mut begun = Feed::new(keys, Expected { now, retention, ..expected }, from);
            begun.verifier.take_present();
            feed = Some(begun);
        }
        let Some(feed) = &mut feed else { break };
        for line in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            feed.take(line).ok_or_else(malformed)?;
        }
    }
    feed.ok_or_else(malformed)
}

/// Returns the minimum retention from the flags, or else the known one.
fn retention(verb: &AdminVerb, known: Retention) -> Result<Retention, CallError> {
    let of = |flag: &str, known: Duration| match verb.flag(flag) {
        None => Ok(known),
        Some(text) => duration(text).map_err(|wrong| CallError::Usage(format!("--{flag} {wrong}"))),
    };
    Ok(Retention { main: of("retention", known.main)?, reads: of("retention-reads", known.reads)? })
}

/// Input of a verification. Collects the rows of each block.
struct Feed {
    verifier: Verifier,
    /// Number of the first block to verify.
    from: Option<u64>,
    head: Head,
    rows: BTreeMap<Chain, Vec<PlacedEntry>>,
    lines: u64,
    is_ended: bool,
}

impl Feed {
    fn new(keys: Vec<PublicAuditKey>, expected: Expected, from: Option<u64>) -> Self {
        let verifier = Verifier::new(keys, expected);
        Self { verifier, from, head: Head::default(), rows: BTreeMap::new(), lines: 0, is_ended: false }
    }

    /// Processes a line. Returns `None` if it is malformed or misplaced.
    fn take(&mut self, line: &Value) -> Option<()> {
        match read(line)? {
            _ if self.is_ended => return None,
            Line::Head(head) if self.lines == 0 => {
                // A partial export starts after the blocks whose rows were removed by retention.
                let is_part = head.from.is_some() || head.to.is_some();
                self.verifier.take_part(is_part && self.from.is_none(), head.to.is_some());
                self.head = head;
            }
            Line::Head(_) => return None,
            Line::Row(_, PlacedEntry { position: None, .. }) => self.verifier.waiting(1),
            Line::Row(chain, row) => self.rows.entry(chain).or_default().push(row),
            Line::Block(stored) => self.block(&stored),
            Line::End(lines) => self.is_ended = lines == self.lines,
        }
        self.lines += 1;
        Some(())
    }

    fn block(&mut self, stored: &StoredBlock) {
        let rows = self.rows.remove(&stored.block.chain).unwrap_or_default();
        if stored.block.number >= self.from.unwrap_or_default() {
            self.verifier.block(stored, &rows);
        }
    }

    fn finish(mut self) -> (Head, Verified) {
        for (chain, rows) in self.rows {
            self.verifier.beyond(chain, &rows);
        }
        (self.head, self.verifier.finish())
    }
}

fn unreadable(file: &str, error: &io::Error) -> CallError {
    CallError::Usage(format!("{file} cannot be read: {error}"))
}

fn text_of(file: &str) -> Result<String, CallError> {
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

/// Reads a log. Invalid UTF-8 belongs to unrelated lines.
fn read_checkpoints(file: &str) -> Result<Checkpoints, CallError> {
    let mut log = io::BufReader::new(fs::File::open(file).map_err(|error| unreadable(file, &error))?);
    let (mut points, mut line) = (Checkpoints::default(), Vec::new());
    while log.read_until(b'\n', &mut line).map_err(|error| unreadable(file, &error))? > 0 {
        if let Some(point) = Checkpoint::parse(&String::from_utf8_lossy(&line)) {
            points.add(point);
        }
        line.clear();
    }
    Ok(points)
}

async fn stored_keys(caller: &Caller) -> Result<Vec<PublicAuditKey>, CallError> {
    let answer = get(caller, "/v1/admin/audit/keys", &[]).await?;
    let keys = answer.get("items").and_then(Value::as_array).into_iter().flatten();
    Ok(keys.filter_map(|key| key.get("public_key")?.as_str()).flat_map(PublicAuditKey::all_from_pem).collect())
}

fn print(head: &Head, verified: &Verified, out: &mut Output<'_>) -> io::Result<()> {
    if out.is_json() {
        return out.json(&as_json(head, verified));
    }
    if head.from.is_some() || head.to.is_some() {
        let [from, to] = [&head.from, &head.to].map(|at| at.as_deref().map_or_else(|| "…".to_owned(), harmless));
        out.line(format_args!("the file says that it is a part, from {from} to {to}"))?;
    }
    for (chain, first, last) in &verified.covered {
        out.line(format_args!("{}: blocks {first} to {last}", chain.as_str()))?;
    }
    for (chain, number) in &verified.pruned {
        out.line(format_args!("{}: rows up to block {number} were removed by retention", chain.as_str()))?;
    }
    for (chain, epoch, number) in &verified.restores {
        let chain = chain.as_str();
        out.line(format_args!("{chain}: block {number} opens epoch {epoch}: the database was restored from a backup"))?;
    }
    if verified.waiting > 0 {
        out.line(format_args!("{} rows are not sealed yet, and not verified", verified.waiting))?;
    }
    for finding in &verified.findings {
        let line = out.paint(BAD, finding);
        out.line(line)?;
    }
    let (colour, word) = if verified.findings.is_empty() { (GOOD, "intact") } else { (BAD, "NOT intact") };
    let word = out.paint(colour, word);
    out.line(format_args!("{} blocks with {} rows: {word}", verified.blocks, verified.rows))
}

fn as_json(head: &Head, verified: &Verified) -> Value {
    let findings = verified.findings.iter().map(|finding| {
        json!({"fault": finding.fault.as_str(), "chain": finding.chain.as_str(), "block": finding.block,
            "row": finding.row, "text": finding.to_string()})
    });
    let restores = verified.restores.iter();
    let restores =
        restores.map(|(chain, epoch, number)| json!({"chain": chain.as_str(), "epoch": epoch, "block": number}));
    let pruned = verified.pruned.iter().map(|(chain, number)| json!({"chain": chain.as_str(), "block": number}));
    let covered = verified.covered.iter();
    let covered = covered.map(|(chain, first, last)| json!({"chain": chain.as_str(), "first": first, "last": last}));
    json!({
        "blocks": verified.blocks,
        "rows": verified.rows,
        "waiting": verified.waiting,
        "from": head.from,
        "to": head.to,
        "covered": covered.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "restores": restores.collect::<Vec<_>>(),
        "pruned": pruned.collect::<Vec<_>>(),
    })
}
