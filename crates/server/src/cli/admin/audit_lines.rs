//! Lines of an audit trail export.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use portcullis_core::{
    audit::{AuditEntry, AuditId, Block, Chain, PlacedEntry, StoredBlock},
    clock::Timestamp,
    id::{RealmName, RequestId, SessionId, UserId},
    seal::{BlindIndex, Sealed},
};
use serde_json::{Value, json};

/// A line of an export.
pub(super) enum Line {
    /// First line of an export.
    Head(Head),
    Row(Chain, PlacedEntry),
    Block(StoredBlock),
    /// Last line, with the number of preceding lines.
    End(u64),
}

/// Contents of an export, as described by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// Earliest and latest time. `None` if the export starts with the first block, or ends with the last one.
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// Returns the first line of an export with blocks.
pub(super) fn head(from: Option<&str>, to: Option<&str>, at: &Value) -> Value {
    json!({"export": "audit", "version": 1, "from": from, "to": to, "at": at})
}

/// Returns the last line of an export with blocks.
pub(super) fn end(lines: u64) -> Value {
    json!({"end": true, "lines": lines})
}

/// Members of a JSON object.
struct Members<'a>(&'a Value);

impl Members<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        Timestamp::parse(self.0.get(name)?.as_str()?)
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        BASE64URL_NOPAD.decode(self.0.get(name)?.as_str()?.as_bytes()).ok()
    }

    fn array<const N: usize>(&self, name: &str) -> Option<[u8; N]> {
        self.bytes(name)?.try_into().ok()
    }

    fn chain(&self) -> Option<Chain> {
        Chain::parse(self.0.get("chain")?.as_str()?)
    }

    /// Parses a nullable member. The outer `None` means that it is malformed.
    fn if_any<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
        match self.0.get(name)? {
            Value::Null => Some(None),
            value => parse(value.as_str()?).map(Some),
        }
    }
}

/// Parses a line. Returns `None` if it is malformed.
pub(super) fn read(line: &Value) -> Option<Line> {
    let members = Members(line);
    if line.get("export").is_some() {
        let text = |text: &str| Some(text.to_owned());
        return Some(Line::Head(Head { from: members.if_any("from", text)?, to: members.if_any("to", text)? }));
    }
    if line.get("end").is_some() {
        return members.number("lines").map(Line::End);
    }
    if line.get("signature").is_some() {
        return block(&members).map(Line::Block);
    }
    Some(Line::Row(members.chain()?, row(&members)?))
}

fn block(members: &Members<'_>) -> Option<StoredBlock> {
    let block = Block {
        chain: members.chain()?,
        epoch: members.number("epoch")?,
        number: members.number("number")?,
        first: members.number("first")?,
        last: members.number("last")?,
        count: members.number("count")?,
        from: members.time("from")?,
        to: members.time("to")?,
        rows: members.array("rows")?,
        prev: members.array("prev")?,
        hash: members.array("hash")?,
        kid: members.text("kid")?,
        signature: members.bytes("signature")?,
    };
    let is_pruned = members.0.get("pruned").and_then(Value::as_bool).unwrap_or_default();
    Some(StoredBlock { block, marks: members.bytes("marks").unwrap_or_default(), is_pruned })
}

fn row(members: &Members<'_>) -> Option<PlacedEntry> {
    let (actor, sealed) = (Members(members.0.get("actor")?), Members(members.0.get("sealed")?));
    let text = |text: &str| Some(text.to_owned());
    let as_stored = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok().map(Sealed::from_bytes);
    let index = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(BlindIndex);
    let id = HEXLOWER.decode(members.text("id")?.replace('-', "").as_bytes()).ok()?;
    let entry = AuditEntry {
        id: AuditId(id.try_into().ok()?),
        at: members.time("at")?,
        realm: RealmName::from_stored(&members.text("realm")?)?,
        event: members.text("event")?,
        outcome: members.text("outcome")?,
        reason: members.if_any("reason", text)?,
        rule: members.if_any("rule", text)?,
        actor_kind: actor.text("kind")?,
        actor_id: actor.if_any("id", text)?,
        user: members.if_any("user", UserId::parse)?,
        index: members.if_any("index", index)?,
        session: members.if_any("session", SessionId::parse)?,
        request_id: RequestId::parse(&members.text("request_id")?)?,
        node: members.if_any("node", text)?,
        details: serde_json::to_string(members.0.get("details")?).ok()?,
        client: sealed.if_any("client", as_stored)?,
        note: sealed.if_any("note", as_stored)?,
        count: members.number("count")?,
    };
    Some(PlacedEntry { position: members.number("position"), entry })
}
