use std::{collections::BTreeMap, time::Duration};

use super::{
    Announcement, AuditEntry, Block, Chain, Checkpoints, Fault, Finding, PlacedEntry, PublicAuditKey, Retention,
    StoredBlock, Verified, block::digest_of, canonical_row, diagnosis::diagnosis, pruned::Pruned, trusted::TrustedKeys,
    words::ActorKind,
};
use crate::clock::Timestamp;

/// Maximum by which the rows of a block may be older than the rows of the previous block. Requests take time, and
/// rows of repeated rejections are written after a minute.
const LATE: Duration = Duration::from_secs(300);

/// Parameters of a verification.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Blocks found in logs.
    pub checkpoints: Checkpoints,
    /// Number of the first block of each chain. `None` if the input is a part that may start anywhere.
    pub first: Option<u64>,
    /// Time of the verification. Records of later times are not trusted.
    pub now: Timestamp,
    /// Minimum retention that was configured.
    pub retention: Retention,
}

/// Verifies chains block by block. Blocks of different chains may be interleaved.
#[derive(Debug)]
pub struct Verifier {
    keys: TrustedKeys,
    /// Blocks of the chain of read access, from the first one by an unknown key on. The main chain announces the keys,
    /// and may be read later.
    deferred: Vec<Block>,
    expected: Expected,
    /// Whether the chains may end before the last block found in a log.
    is_open_ended: bool,
    /// Whether the chains are those of the database at present.
    is_present: bool,
    chains: BTreeMap<Chain, Progress>,
    done: Verified,
}

#[derive(Debug, Default)]
struct Progress {
    /// Number of the first block.
    first: u64,
    last: Option<Block>,
    /// Newest key that has signed a block, or that such a block announces.
    signer: Option<String>,
    pruned: Pruned,
}

impl Verifier {
    /// Starts a verification with the trusted keys, oldest first.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = PublicAuditKey>, expected: Expected) -> Self {
        let mut done = Verified::default();
        let forks = expected.checkpoints.forks();
        done.findings.extend(forks.map(|(chain, block)| Finding { fault: Fault::Fork, chain, block, row: None }));
        Self {
            keys: TrustedKeys::new(keys),
            deferred: Vec::new(),
            expected,
            is_open_ended: false,
            is_present: false,
            chains: BTreeMap::new(),
            done,
        }
    }

    /// Treats the chains as a part that may start or end anywhere.
    pub const fn take_part(&mut self, begins_anywhere: bool, ends_anywhere: bool) {
        if begins_anywhere {
            self.expected.first = None;
        }
        self.is_open_ended = ends_anywhere;
    }

    /// Treats the chains as those of the database at present: the newest key signs the main chain. The same commit that
    /// stores a key announces it there.
    pub const fn take_present(&mut self) {
        self.is_present = true;
    }

    /// Verifies the next block of a chain. The rows must be in order of position.
    pub fn block(&mut self, stored: &StoredBlock, rows: &[PlacedEntry]) {
        let (block, before) = (&stored.block, self.done.findings.len());
        self.done.blocks += 1;
        self.done.rows += rows.len() as u64;
        self.check_place(block);
        self.check_signature(block);
        self.check_rows(stored, rows);
        self.check_log(block);
        // The server writes both kinds of rows to the main chain only.
        if block.chain == Chain::Main && self.done.findings.len() == before {
            self.take_claims(rows);
            self.take_announcements(block, rows);
        }
        let now = self.expected.now;
        let progress = self.progress(block.chain);
        progress.pruned.pass(block, rows.is_empty(), now);
        if progress.last.is_none() {
            progress.first = block.number;
        }
        progress.last = Some(block.clone());
    }

    /// Reports rows that have a position but are in no block of their chain.
    pub fn beyond(&mut self, chain: Chain, rows: &[PlacedEntry]) {
        let number = self.last(chain);
        for row in rows {
            self.found(Fault::RowAdded, chain, number, row.position);
        }
    }

    /// Counts rows that are not sealed yet. Their contents are not trusted.
    pub const fn waiting(&mut self, rows: u64) {
        self.done.waiting += rows;
    }

    /// Reports that an export is truncated: its last line is missing.
    pub fn truncated(&mut self) {
        let number = self.last(Chain::Main);
        self.found(Fault::Truncated, Chain::Main, number, None);
    }

    /// Finishes the verification.
    #[must_use]
    pub fn finish(mut self) -> Verified {
        for block in std::mem::take(&mut self.deferred) {
            self.check_key(&block);
        }
        self.check_newest();
        let mut chains = std::mem::take(&mut self.chains);
        for chain in Chain::ALL {
            let Progress { first, last, pruned, .. } = chains.remove(&chain).unwrap_or_default();
            let outcome = pruned.outcome(self.expected.retention.of(chain), self.expected.now);
            for (block, row) in outcome.missing {
                self.found(Fault::RowRemoved, chain, block, Some(row));
            }
            self.done.pruned.extend(outcome.last.map(|number| (chain, number)));
            self.done.covered.extend(last.as_ref().map(|last| (chain, first, last.number)));
            self.check_end(chain, last.as_ref());
        }
        self.done
    }

    fn progress(&mut self, chain: Chain) -> &mut Progress {
        self.chains.entry(chain).or_default()
    }

    fn last(&mut self, chain: Chain) -> u64 {
        self.progress(chain).last.as_ref().map_or(0, |block| block.number)
    }

    fn found(&mut self, fault: Fault, chain: Chain, block: u64, row: Option<u64>) {
        self.done.findings.push(Finding { fault, chain, block, row });
    }

    /// Checks that the block links to the previous one.
    fn check_place(&mut self, block: &Block) {
        let (chain, number) = (block.chain, block.number);
        let Some(last) = self.progress(chain).last.clone() else { return self.check_first(block) };
        let is_epoch = block.epoch == last.epoch + 1 && block.count == 0;
        if number == last.number && block.hash != last.hash {
            self.found(Fault::Fork, chain, number, None);
        } else if number <= last.number {
            self.found(Fault::BlockOrder, chain, number, None);
        } else if number > last.number + 1 {
            self.found(Fault::BlockRemoved, chain, last.number + 1, None);
        } else if block.prev != last.hash || block.first != last.last + 1 || (block.epoch != last.epoch && !is_epoch) {
            self.found(Fault::BlockOrder, chain, number, None);
        } else if last.to.since(block.from) > LATE {
            self.found(Fault::Backdated, chain, number, None);
        } else if is_epoch {
            self.done.restores.push((chain, block.epoch, number));
        }
    }

    fn check_first(&mut self, block: &Block) {
        let (chain, number) = (block.chain, block.number);
        let begins = block.prev == [0; 32] && block.first == 1 && block.epoch == 1;
        match self.expected.first {
            Some(first) if number > first => self.found(Fault::BlockRemoved, chain, first, None),
            _ if number == 0 || (number == 1 && !begins) => self.found(Fault::BlockOrder, chain, number, None),
            _ => {}
        }
    }

    fn check_signature(&mut self, block: &Block) {
        if block.computed_hash() != block.hash {
            return self.found(Fault::BlockChanged, block.chain, block.number, None);
        }
        if block.chain == Chain::Main || (self.deferred.is_empty() && self.keys.contains(&block.kid)) {
            self.check_key(block);
        } else {
            self.deferred.push(block.clone());
        }
    }

    fn check_key(&mut self, block: &Block) {
        let signer = self.chains.get(&block.chain).and_then(|progress| progress.signer.as_deref());
        match self.keys.fault_of(block, signer) {
            Some(fault) => self.found(fault, block.chain, block.number, None),
            None => self.progress(block.chain).signer = Some(block.kid.clone()),
        }
    }

    /// Checks that the newest key has signed the end of the main chain of the database, or is announced there.
    fn check_newest(&mut self) {
        let Some(Progress { signer: Some(signer), last: Some(last), .. }) = self.chains.get(&Chain::Main) else {
            return;
        };
        if self.is_present && self.keys.newest() != Some(signer.as_str()) {
            let number = last.number;
            self.found(Fault::Key, Chain::Main, number, None);
        }
    }

    /// Checks the rows, unless all of them are missing, which is checked at the end.
    fn check_rows(&mut self, stored: &StoredBlock, rows: &[PlacedEntry]) {
        let Block { chain, number, count, .. } = stored.block;
        if rows.is_empty() && count > 0 {
            return;
        }
        let forms: Vec<Vec<u8>> =
            rows.iter().map(|row| canonical_row(row.position.unwrap_or_default(), &row.entry)).collect();
        if digest_of(&forms) != stored.block.rows {
            let (fault, row) = diagnosis(stored, rows);
            return self.found(fault, chain, number, row);
        }
        if let Some(row) = rows.iter().find(|row| is_ambiguous(&row.entry)) {
            self.found(Fault::RowChanged, chain, number, row.position);
        }
    }

    fn check_log(&mut self, block: &Block) {
        let (chain, number) = (block.chain, block.number);
        let named = self.expected.checkpoints.at(chain, number).iter();
        // After a restore from a backup, the log contains later blocks of the earlier epoch.
        let other = named.filter(|point| point.epoch >= block.epoch && point.hash != block.hash);
        let fault = other.map(|point| if point.epoch == block.epoch { Fault::Rewritten } else { Fault::Fork }).next();
        if let Some(fault) = fault {
            self.found(fault, chain, number, None);
        }
    }

    /// Compares the end of a chain with the log. A later epoch means that the database was restored in between.
    fn check_end(&mut self, chain: Chain, last: Option<&Block>) {
        let (epoch, number) = last.map_or((0, 0), |block| (block.epoch, block.number));
        let missing = self.expected.checkpoints.first_after(chain, number, epoch);
        if let Some(missing) = missing.filter(|_| !self.is_open_ended) {
            self.found(Fault::CutOff, chain, missing, None);
        }
    }

    /// Trusts the keys that the key of a block has announced in its verified rows. They sign all later blocks.
    fn take_announcements(&mut self, block: &Block, rows: &[PlacedEntry]) {
        for announced in rows.iter().filter_map(|row| Announcement::of_row(&row.entry)) {
            if let Some(kid) = self.keys.announce(announced, &block.kid) {
                self.progress(block.chain).signer = Some(kid);
            }
        }
    }

    /// Records the retention progress reported in verified rows, for both chains.
    fn take_claims(&mut self, rows: &[PlacedEntry]) {
        for (chain, block, at) in rows.iter().filter_map(|row| Pruned::claim_of(&row.entry)) {
            self.progress(chain).pruned.claim(block, at);
        }
    }
}

/// Returns whether a row has the same canonical form as another row. `kind:id` of the actor could be split at another
/// colon, and an empty identifier has the same form as a missing one.
fn is_ambiguous(row: &AuditEntry) -> bool {
    ActorKind::parse(&row.actor_kind).is_none() || row.actor_id.as_deref() == Some("")
}
