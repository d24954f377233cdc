use std::collections::BTreeMap;

use super::{
    AuditEntry, Block, Chain, Checkpoint, Event, Fault, Finding, PlacedEntry, PublicAuditKey, StoredBlock, Verified,
    block::{digest_of, mark},
    canonical_row,
};

/// Verifies chains, block by block. Blocks of different chains may alternate.
#[derive(Debug)]
pub struct Verifier {
    keys: BTreeMap<String, PublicAuditKey>,
    checkpoints: Vec<Checkpoint>,
    /// Whether the first block of a chain must be its first one.
    from_beginning: bool,
    chains: BTreeMap<Chain, Progress>,
    /// Block up to which the rows of a chain were removed by retention, as the trail itself says.
    claims: BTreeMap<Chain, u64>,
    done: Verified,
}

#[derive(Debug, Default)]
struct Progress {
    last: Option<Block>,
    /// Whether a block with its rows was seen. Retention removes the oldest rows, so all later blocks have theirs.
    has_rows: bool,
    /// First and last block without their rows.
    without_rows: Option<(u64, u64)>,
}

impl Verifier {
    /// Begins a verification with the keys that are trusted.
    #[must_use]
    pub fn new(
        keys: impl IntoIterator<Item = PublicAuditKey>,
        checkpoints: Vec<Checkpoint>,
        from_beginning: bool,
    ) -> Self {
        let keys = keys.into_iter().map(|key| (key.kid.clone(), key)).collect();
        let (chains, claims, done) = (BTreeMap::new(), BTreeMap::new(), Verified::default());
        let mut verifier = Self { keys, checkpoints, from_beginning, chains, claims, done };
        verifier.compare_checkpoints();
        verifier
    }

    /// Verifies the next block of a chain, with its rows in the order of their positions.
    pub fn block(&mut self, stored: &StoredBlock, rows: &[PlacedEntry]) {
        let (block, before) = (&stored.block, self.done.findings.len());
        self.done.blocks += 1;
        self.done.rows += rows.len() as u64;
        self.check_place(block);
        self.check_signature(block);
        self.check_rows(stored, rows);
        self.check_log(block);
        if self.done.findings.len() == before {
            self.take_claims(rows.iter().map(|row| &row.entry));
        }
        self.progress(block.chain).last = Some(block.clone());
    }

    /// Reports rows that have a position after the last block of their chain.
    pub fn beyond(&mut self, chain: Chain, rows: &[PlacedEntry]) {
        let number = self.progress(chain).last.as_ref().map_or(0, |block| block.number);
        for row in rows {
            self.found(Fault::RowAdded, chain, number, row.position);
        }
    }

    /// Takes note of rows that are not sealed yet: one of them may say how far retention got.
    pub fn waiting<'a>(&mut self, rows: impl IntoIterator<Item = &'a AuditEntry>) {
        self.take_claims(rows);
    }

    /// Ends the verification.
    #[must_use]
    pub fn finish(mut self) -> Verified {
        for (chain, progress) in std::mem::take(&mut self.chains) {
            let claimed = self.claims.get(&chain).copied().unwrap_or_default();
            if let Some((first, last)) = progress.without_rows {
                if last > claimed {
                    self.found(Fault::RowRemoved, chain, first.max(claimed + 1), None);
                }
                self.done.pruned.push((chain, last));
            }
            self.check_end(chain, progress.last.as_ref());
        }
        self.done
    }

    fn progress(&mut self, chain: Chain) -> &mut Progress {
        self.chains.entry(chain).or_default()
    }

    fn found(&mut self, fault: Fault, chain: Chain, block: u64, row: Option<u64>) {
        self.done.findings.push(Finding { fault, chain, block, row });
    }

    /// Checks that the block follows the one before.
    fn check_place(&mut self, block: &Block) {
        let (chain, number) = (block.chain, block.number);
        let last = self.progress(chain).last.as_ref();
        let before = last.map(|last| (last.number, last.epoch, last.last, last.hash, last.hash == block.hash));
        let Some((last, epoch, position, hash, is_same)) = before else {
            if number > 1 && self.from_beginning {
                self.found(Fault::BlockRemoved, chain, 1, None);
            } else if number == 1 && (block.prev != [0; 32] || block.first != 1) {
                self.found(Fault::BlockOrder, chain, 1, None);
            }
            return;
        };
        let is_epoch = block.epoch == epoch + 1 && block.count == 0;
        if number == last && !is_same {
            self.found(Fault::Fork, chain, number, None);
        } else if number <= last {
            self.found(Fault::BlockOrder, chain, number, None);
        } else if number > last + 1 {
            self.found(Fault::BlockRemoved, chain, last + 1, None);
        } else if block.prev != hash || block.first != position + 1 || (block.epoch != epoch && !is_epoch) {
            self.found(Fault::BlockOrder, chain, number, None);
        } else if is_epoch {
            self.done.restores.push((chain, block.epoch, number));
        }
    }

    fn check_signature(&mut self, block: &Block) {
        if block.computed_hash() != block.hash {
            return self.found(Fault::BlockChanged, block.chain, block.number, None);
        }
        match self.keys.get(&block.kid).map(|key| key.verifies(block)) {
            Some(true) => {}
            Some(false) => self.found(Fault::Signature, block.chain, block.number, None),
            None => self.found(Fault::Key, block.chain, block.number, None),
        }
    }

    fn check_rows(&mut self, stored: &StoredBlock, rows: &[PlacedEntry]) {
        let Block { chain, number, count, first, .. } = stored.block;
        let progress = self.progress(chain);
        if rows.is_empty() && count > 0 {
            if progress.has_rows {
                return self.found(Fault::RowRemoved, chain, number, Some(first));
            }
            let begin = progress.without_rows.map_or(number, |(begin, _)| begin);
            progress.without_rows = Some((begin, number));
            return;
        }
        progress.has_rows |= count > 0;
        let forms: Vec<Vec<u8>> =
            rows.iter().map(|row| canonical_row(row.position.unwrap_or_default(), &row.entry)).collect();
        if digest_of(&forms) != stored.block.rows {
            let (fault, row) = diagnosis(stored, rows);
            self.found(fault, chain, number, row);
        }
    }

    fn check_log(&mut self, block: &Block) {
        let (chain, number) = (block.chain, block.number);
        let named = self.checkpoints.iter().filter(|point| (point.chain, point.number) == (chain, number));
        // A block of an earlier epoch was written after the backup from which the database was restored.
        let other = named.filter(|point| point.epoch >= block.epoch && point.hash != block.hash);
        let fault = other.map(|point| if point.epoch == block.epoch { Fault::Rewritten } else { Fault::Fork }).next();
        if let Some(fault) = fault {
            self.found(fault, chain, number, None);
        }
    }

    /// Reports that the log names two blocks at the same place.
    fn compare_checkpoints(&mut self) {
        let mut seen: BTreeMap<(Chain, u64, u64), [u8; 32]> = BTreeMap::new();
        for point in self.checkpoints.clone() {
            let hash = *seen.entry((point.chain, point.epoch, point.number)).or_insert(point.hash);
            if hash != point.hash {
                self.found(Fault::Fork, point.chain, point.number, None);
            }
        }
    }

    /// Compares the end of a chain with the log. A later epoch tells that the database was restored meanwhile.
    fn check_end(&mut self, chain: Chain, last: Option<&Block>) {
        let (epoch, number) = last.map_or((0, 0), |block| (block.epoch, block.number));
        let later = self.checkpoints.iter().filter(|point| point.chain == chain && point.number > number);
        let first = later.filter(|point| point.epoch >= epoch).map(|point| point.number).min();
        if let Some(missing) = first {
            self.found(Fault::CutOff, chain, missing, None);
        }
    }

    /// Takes what verified rows say about retention.
    fn take_claims<'a>(&mut self, rows: impl IntoIterator<Item = &'a AuditEntry>) {
        for row in rows.into_iter().filter(|row| row.event == Event::AuditPruned.as_str()) {
            let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
            let chain = details.get("chain").and_then(|chain| Chain::parse(chain.as_str()?));
            if let (Some(chain), Some(block)) = (chain, details.get("block").and_then(serde_json::Value::as_u64)) {
                let claimed = self.claims.entry(chain).or_default();
                *claimed = (*claimed).max(block);
            }
        }
    }
}

/// Tells what happened to the rows of a block, whose digest is wrong: the first row that differs, and how.
fn diagnosis(stored: &StoredBlock, rows: &[PlacedEntry]) -> (Fault, Option<u64>) {
    let (expected, first) = (stored.marks(), stored.block.first);
    let found: Vec<_> = rows.iter().map(|row| mark(&row.entry)).collect();
    let at = |place: usize| Some(first + place as u64);
    let is_missing = (rows.len() as u64) < stored.block.count;
    if expected.is_empty() {
        let gap = (first..).zip(rows).position(|(position, row)| row.position != Some(position));
        let gap = gap.or_else(|| is_missing.then_some(rows.len()));
        let fault = match (rows.len() as u64).cmp(&stored.block.count) {
            std::cmp::Ordering::Less => Fault::RowRemoved,
            std::cmp::Ordering::Equal => Fault::RowChanged,
            std::cmp::Ordering::Greater => Fault::RowAdded,
        };
        return (fault, gap.and_then(at));
    }
    let differs = (0..expected.len().max(found.len())).find(|place| expected.get(*place) != found.get(*place));
    let Some(place) = differs else {
        // Only positions differ.
        let moved = (first..).zip(rows).position(|(position, row)| row.position != Some(position));
        return (Fault::RowChanged, moved.and_then(at));
    };
    let fault = if is_missing {
        Fault::RowRemoved
    } else if found.len() > expected.len() {
        Fault::RowAdded
    } else {
        Fault::RowChanged
    };
    (fault, at(place))
}
