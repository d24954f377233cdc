use coset::cbor::{Value, de::from_reader_with_recursion_limit};

/// Maximum nesting depth. Attestation statements have three levels.
const DEPTH: usize = 16;

/// Parses one item. Returns it with the remaining bytes, or `None` if it is malformed.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, DEPTH).ok()?;
    Some((value, rest))
}

/// Returns the value of a member that occurs exactly once in a map with text keys.
pub(super) fn member<'a>(map: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    let mut found = map.iter().filter(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}
