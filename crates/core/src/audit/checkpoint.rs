use data_encoding::BASE64URL_NOPAD;

use super::{Block, Chain};

/// Message of the log line of a block.
pub const CHECKPOINT: &str = "audit block sealed";

/// A block that the log of a server names. Who holds the log can show that a chain was written anew, even with the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub chain: Chain,
    pub epoch: u64,
    pub number: u64,
    pub hash: [u8; 32],
}

impl From<&Block> for Checkpoint {
    fn from(block: &Block) -> Self {
        Self { chain: block.chain, epoch: block.epoch, number: block.number, hash: block.hash }
    }
}

impl Checkpoint {
    /// Reads a line of a log, as text or JSON; `None` for every other line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        if !line.contains(CHECKPOINT) {
            return None;
        }
        let hash = BASE64URL_NOPAD.decode(value(line, "hash")?.as_bytes()).ok()?;
        Some(Self {
            chain: Chain::parse(value(line, "chain")?)?,
            epoch: value(line, "epoch")?.parse().ok()?,
            number: value(line, "number")?.parse().ok()?,
            hash: hash.try_into().ok()?,
        })
    }
}

/// Returns the value of a field: `name=value`, `name="value"` or `"name":"value"`.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    for (at, _) in line.match_indices(name) {
        let (before, rest) = (line.get(..at)?, line.get(at + name.len()..)?);
        let value = rest.trim_start_matches(['"', '=', ':', ' ']);
        let is_name = !before.ends_with(is_word) && !rest.starts_with(is_word) && value.len() < rest.len();
        if is_name {
            return value.split(|c| !is_word(c)).next();
        }
    }
    None
}
