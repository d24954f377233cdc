use super::{
    AuditEntry, AuditKey, Chain,
    canonical::{CanonicalForm, canonical_row, sha256},
};
use crate::{clock::Timestamp, seal};

/// Maximum number of rows of a block.
pub const MOST_ROWS: usize = 1000;
/// What a signature is made over, before the hash of the block.
const SIGNED: &[u8] = b"portcullis audit block v1";
/// Bytes of the mark of a row.
const MARK: usize = 8;

/// A signed block of rows, which names the block before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub chain: Chain,
    /// Number of restores of the database, plus 1.
    pub epoch: u64,
    /// Number within the chain, from 1.
    pub number: u64,
    /// Position of the first row.
    pub first: u64,
    /// Position of the last row.
    pub last: u64,
    /// Number of rows.
    pub count: u64,
    /// Earliest time of a row.
    pub from: Timestamp,
    /// Latest time of a row.
    pub to: Timestamp,
    /// Digest of the rows, each in its canonical form.
    pub rows: [u8; 32],
    /// Hash of the block before; zeros in the first block of a chain.
    pub prev: [u8; 32],
    /// Digest of the fields above, in their canonical form.
    pub hash: [u8; 32],
    /// Audit key that signed the block.
    pub kid: String,
    /// Ed25519 signature over [the message](Self::message).
    pub signature: Vec<u8>,
}

/// A block, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    pub block: Block,
    /// The first bytes of the digest of each row, without its position. They are not signed; they tell which row of a block was
    /// changed.
    pub marks: Vec<u8>,
    /// Whether its rows have been removed, because they were old enough.
    pub is_pruned: bool,
}

/// A row with its position in its chain, which it has once it is sealed.
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

    /// Returns the message that is signed.
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
    /// Joins rows into the block that follows another; `None` without rows, or if the key is unusable.
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

    /// Makes the block without rows with which a restored database opens the next epoch; `None` if the key is unusable.
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

    /// Returns the marks of the rows; none if they are not known.
    pub(super) fn marks(&self) -> Vec<[u8; MARK]> {
        let (marks, _) = self.marks.as_chunks::<MARK>();
        if marks.len() as u64 == self.block.count { marks.to_vec() } else { Vec::new() }
    }
}

/// Returns the digest of rows in their canonical form.
pub(super) fn digest_of(forms: &[Vec<u8>]) -> [u8; 32] {
    seal::digest(forms.iter().map(Vec::as_slice))
}

/// Returns the first bytes of the digest of a row, without its position.
pub(super) fn mark(row: &AuditEntry) -> [u8; MARK] {
    sha256(&canonical_row(0, row)).first_chunk().copied().unwrap_or_default()
}
