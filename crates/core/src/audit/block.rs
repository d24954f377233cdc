use super::{
    AuditEntry, AuditKey, Chain,
    canonical::{CanonicalForm, canonical_row, sha256},
};
use crate::{clock::Timestamp, seal};

/// Maximum number of rows in a block.
pub const MAX_ROWS: usize = 1000;
/// Prefix of the signed message. The hash of the block follows.
const SIGNED: &[u8] = b"portcullis audit block v1";
/// Length of a row mark, in bytes.
const MARK: usize = 8;

/// A signed block of audit rows. Each block contains the hash of the previous one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub chain: Chain,
    /// Number of database restores so far, plus 1.
    pub epoch: u64,
    /// Block number within the chain, starting at 1.
    pub number: u64,
    /// Position of the first row.
    pub first: u64,
    /// Position of the last row.
    pub last: u64,
    /// Number of rows.
    pub count: u64,
    /// Time of the earliest row.
    pub from: Timestamp,
    /// Time of the latest row.
    pub to: Timestamp,
    /// Digest of the rows in canonical form.
    pub rows: [u8; 32],
    /// Hash of the previous block. All zeros in the first block of a chain.
    pub prev: [u8; 32],
    /// Digest of the fields above in canonical form.
    pub hash: [u8; 32],
    /// Identifier of the signing key.
    pub kid: String,
    /// Ed25519 signature of [the message](Self::message).
    pub signature: Vec<u8>,
}

/// A block as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    pub block: Block,
    /// Truncated digest of each row, computed without its position. Marks are not signed. They identify the row that
    /// was changed.
    pub marks: Vec<u8>,
    /// Whether retention has removed the rows.
    pub is_pruned: bool,
}

/// A row and its position in the chain. Rows get a position when they are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEntry {
    pub position: Option<u64>,
    pub entry: AuditEntry,
}

impl Block {
    /// Computes the hash of the block.
    #[must_use]
    pub fn computed_hash(&self) -> [u8; 32] {
        CanonicalForm::new()
            .text(self.chain.as_str())
            .number(self.epoch)
            .number(self.number)
            .number(self.first)
            .number(self.last)
            .number(self.count)
            .time(self.from)
            .time(self.to)
            .bytes(&self.rows)
            .bytes(&self.prev)
            .digest()
    }

    /// Returns the message to sign.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        [SIGNED, &self.hash].concat()
    }

    fn signed(mut self, key: &AuditKey) -> Option<Self> {
        self.hash = self.computed_hash();
        self.signature = key.sign(&self.message())?;
        Some(self)
    }
}

impl StoredBlock {
    /// Builds the next block of a chain. Returns `None` if there are no rows or the key is unusable.
    #[must_use]
    pub fn next(chain: Chain, before: Option<&Block>, rows: &[AuditEntry], key: &AuditKey) -> Option<Self> {
        let first = before.map_or(0, |block| block.last) + 1;
        let forms: Vec<Vec<u8>> = (first..).zip(rows).map(|(position, row)| canonical_row(position, row)).collect();
        let count = rows.len() as u64;
        let block = Block {
            chain,
            epoch: before.map_or(1, |block| block.epoch),
            number: before.map_or(0, |block| block.number) + 1,
            first,
            last: (first + count).checked_sub(1)?,
            count,
            from: rows.iter().map(|row| row.at).min()?,
            to: rows.iter().map(|row| row.at).max()?,
            rows: digest_of(&forms),
            prev: before.map_or([0; 32], |block| block.hash),
            hash: [0; 32],
            kid: key.kid().to_owned(),
            signature: Vec::new(),
        };
        let marks = rows.iter().flat_map(mark).collect();
        Some(Self { block: block.signed(key)?, marks, is_pruned: false })
    }

    /// Creates the empty block that starts the next epoch of a restored database. Returns `None` if the key is
    /// unusable.
    #[must_use]
    pub fn next_epoch(before: &Block, at: Timestamp, key: &AuditKey) -> Option<Self> {
        let block = Block {
            chain: before.chain,
            epoch: before.epoch + 1,
            number: before.number + 1,
            first: before.last + 1,
            last: before.last,
            count: 0,
            from: at,
            to: at,
            rows: digest_of(&[]),
            prev: before.hash,
            hash: [0; 32],
            kid: key.kid().to_owned(),
            signature: Vec::new(),
        };
        Some(Self { block: block.signed(key)?, marks: Vec::new(), is_pruned: false })
    }

    /// Returns the row marks. The list is empty if the marks are unknown.
    pub(super) fn marks(&self) -> Vec<[u8; MARK]> {
        let (marks, _) = self.marks.as_chunks::<MARK>();
        if marks.len() as u64 == self.block.count { marks.to_vec() } else { Vec::new() }
    }
}

/// Returns the digest of rows in canonical form.
pub(super) fn digest_of(forms: &[Vec<u8>]) -> [u8; 32] {
    seal::digest(forms.iter().map(Vec::as_slice))
}

/// Returns the truncated digest of a row, computed without its position.
pub(super) fn mark(row: &AuditEntry) -> [u8; MARK] {
    sha256(&canonical_row(0, row)).first_chunk().copied().unwrap_or_default()
}
