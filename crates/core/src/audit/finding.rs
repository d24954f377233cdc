use std::fmt;

use super::Chain;

/// A fault found in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A row was modified after it was sealed.
    RowChanged,
    /// A row was added to a block after sealing.
    RowAdded,
    /// A sealed row is missing, and retention did not remove it.
    RowRemoved,
    /// The hash of a block does not match its content.
    BlockChanged,
    /// A block is missing.
    BlockRemoved,
    /// A block does not link to the previous one.
    BlockOrder,
    /// The signature is invalid.
    Signature,
    /// The signing key is unknown, or a later key has taken over.
    Key,
    /// The chain ends before a block that the log contains.
    CutOff,
    /// The log contains a different block at this position. The chain was rewritten with the signing key.
    Rewritten,
    /// Two blocks have the same number.
    Fork,
    /// Rows of the block are dated long before the rows of the previous block.
    Backdated,
    /// An export has no last line.
    Truncated,
}

impl Fault {
    /// Returns the name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RowChanged => "row_changed",
            Self::RowAdded => "row_added",
            Self::RowRemoved => "row_removed",
            Self::BlockChanged => "block_changed",
            Self::BlockRemoved => "block_removed",
            Self::BlockOrder => "block_order",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::CutOff => "cut_off",
            Self::Rewritten => "rewritten",
            Self::Fork => "fork",
            Self::Backdated => "backdated",
            Self::Truncated => "truncated",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::RowChanged => "was changed after it was sealed",
            Self::RowAdded => "was added after its block was sealed",
            Self::RowRemoved => "was removed, and not by retention",
            Self::BlockChanged => "was changed: its hash is wrong",
            Self::BlockRemoved => "was removed",
            Self::BlockOrder => "does not follow the previous block",
            Self::Signature => "has an invalid signature",
            Self::Key => "is signed by an unknown key, or by an earlier one after a later one",
            Self::CutOff => "is named in the log but missing: the end was cut off",
            Self::Rewritten => "differs from the block in the log: the chain was rewritten with the key",
            Self::Fork => "exists twice: the chain was forked",
            Self::Backdated => {
                "has rows that are older than those of the previous block: they were added later, or a clock was wrong"
            }
            Self::Truncated => "is the last one, and the export has no end line: the file was truncated",
        }
    }
}

/// A fault with the block and row where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub fault: Fault,
    pub chain: Chain,
    /// Number of the block.
    pub block: u64,
    /// Position of the row, if known.
    pub row: Option<u64>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chain, sentence) = (self.chain.as_str(), self.fault.sentence());
        match self.row {
            Some(row) => write!(f, "{chain}: row {row} of block {} {sentence}", self.block),
            None if matches!(self.fault, Fault::RowAdded | Fault::RowChanged | Fault::RowRemoved) => {
                write!(f, "{chain}: a row of block {} {sentence}", self.block)
            }
            None => write!(f, "{chain}: block {} {sentence}", self.block),
        }
    }
}

/// Result of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Number of blocks.
    pub blocks: u64,
    /// Number of sealed rows.
    pub rows: u64,
    /// Number of rows that are not sealed yet.
    pub waiting: u64,
    /// First and last verified block of each chain.
    pub covered: Vec<(Chain, u64, u64)>,
    pub findings: Vec<Finding>,
    /// Blocks that started a new epoch after a restore, as chain, epoch and number.
    pub restores: Vec<(Chain, u64, u64)>,
    /// Last block of each chain whose rows were removed by retention.
    pub pruned: Vec<(Chain, u64)>,
}
