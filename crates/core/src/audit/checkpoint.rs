use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;

use super::{Block, Chain};

/// Message of the log line that reports a sealed block.
pub const CHECKPOINT: &str = "audit block sealed";

/// A block reported in the server log. Log archives can prove that a chain was rewritten, even if the attacker has
/// the signing key.
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
    /// Parses a log line in text or JSON format. Returns `None` for any other line.
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

/// Blocks found in logs, by chain and number.
#[derive(Debug, Clone, Default)]
pub struct Checkpoints(BTreeMap<(Chain, u64), Vec<Checkpoint>>);

impl Checkpoints {
    /// Adds a checkpoint. A second log with the same block adds nothing.
    pub fn add(&mut self, point: Checkpoint) {
        let known = self.0.entry((point.chain, point.number)).or_default();
        if !known.contains(&point) {
            known.push(point);
        }
    }

    /// Returns the checkpoints of a block.
    pub(super) fn at(&self, chain: Chain, number: u64) -> &[Checkpoint] {
        self.0.get(&(chain, number)).map_or(&[], Vec::as_slice)
    }

    /// Returns the first block after a number that belongs to this epoch or a later one.
    pub(super) fn first_after(&self, chain: Chain, number: u64, epoch: u64) -> Option<u64> {
        let mut later = self.0.range((chain, number.saturating_add(1))..=(chain, u64::MAX));
        later.find(|(_, points)| points.iter().any(|point| point.epoch >= epoch)).map(|((_, number), _)| *number)
    }

    /// Returns the positions for which the logs contain two different blocks of the same epoch.
    pub(super) fn forks(&self) -> impl Iterator<Item = (Chain, u64)> {
        let is_fork = |points: &[Checkpoint]| {
            points.iter().any(|one| points.iter().any(|other| one.epoch == other.epoch && one.hash != other.hash))
        };
        self.0.iter().filter(move |(_, points)| is_fork(points)).map(|(place, _)| *place)
    }
}

impl FromIterator<Checkpoint> for Checkpoints {
    fn from_iter<T: IntoIterator<Item = Checkpoint>>(points: T) -> Self {
        let mut all = Self::default();
        points.into_iter().for_each(|point| all.add(point));
        all
    }
}

/// Returns the value of a field written as `name=value`, `name="value"` or `"name":"value"`.
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
