use coset::cbor::{Value, de::from_reader_with_recursion_limit};

/// Levels of nesting. Attestation statements have three.
const DEPTH: usize = 16;

/// Reads one item; returns it with the bytes after it. `None` if it is malformed.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, DEPTH).ok()?;
    Some((value, rest))
}

/// Returns the value of a member that occurs once in a map with text keys.
pub(super) fn member<'a>(map: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    let mut found = map.iter().filter(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}
