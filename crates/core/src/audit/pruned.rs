//! Rows removed by retention, and the records of their removal in the trail.

use std::{collections::BTreeMap, time::Duration};

use super::{AuditEntry, Block, Chain, Event};
use crate::clock::Timestamp;

/// Missing rows of a chain, as far as a verification has seen.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// Blocks without rows, in order.
    without: Vec<WithoutRows>,
    /// Number of these blocks that have an end.
    ended: usize,
    /// Times of removals recorded in the trail, by last block. Only rows of verified blocks are evidence.
    claims: BTreeMap<u64, Timestamp>,
}

#[derive(Debug)]
struct WithoutRows {
    number: u64,
    first: u64,
    /// Time after which the block has no rows. If a block ends in the future, it is misdated, and the next block
    /// determines its end.
    end: Option<Timestamp>,
}

/// Result of checking the missing rows.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Last block whose rows were removed by retention.
    pub(super) last: Option<u64>,
    /// Block and position of the start of each gap that retention does not explain.
    pub(super) missing: Vec<(u64, u64)>,
}

impl Pruned {
    /// Records a block.
    pub(super) fn pass(&mut self, block: &Block, has_no_rows: bool, now: Timestamp) {
        if has_no_rows && block.count > 0 {
            self.without.push(WithoutRows { number: block.number, first: block.first, end: None });
        }
        if block.to <= now {
            self.without.iter_mut().skip(self.ended).for_each(|one| one.end = Some(block.to));
            self.ended = self.without.len();
        }
    }

    /// Returns the removal recorded in a row: the rows of a chain up to a block, and the time.
    pub(super) fn claim_of(row: &AuditEntry) -> Option<(Chain, u64, Timestamp)> {
        if row.event != Event::AuditPruned.as_str() {
            return None;
        }
        let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
        Some((Chain::parse(details.get("chain")?.as_str()?)?, details.get("block")?.as_u64()?, row.at))
    }

    pub(super) fn claim(&mut self, block: u64, at: Timestamp) {
        let known = self.claims.entry(block).or_insert(at);
        *known = (*known).max(at);
    }

    /// Checks the missing rows. Retention explains them if the trail records their removal and if they were old
    /// enough at that time. The record alone proves nothing, because an attacker can add such a row to the database
    /// before it is sealed.
    pub(super) fn outcome(self, retention: Duration, now: Timestamp) -> Outcome {
        let mut latest = Timestamp::from_millis(i64::MIN);
        let mut claims = BTreeMap::new();
        for (block, at) in self.claims.into_iter().rev() {
            latest = latest.max(at);
            claims.insert(block, latest.min(now));
        }
        let (mut outcome, mut gap_until) = (Outcome::default(), None);
        for WithoutRows { number, first, end } in self.without {
            let removed_at = claims.range(number..).next().map(|(_, at)| *at);
            if removed_at.zip(end).is_some_and(|(at, end)| end.plus(retention) <= at) {
                outcome.last = Some(number);
                continue;
            }
            if gap_until != Some(number) {
                outcome.missing.push((number, first));
            }
            gap_until = Some(number + 1);
        }
        outcome
    }
}
