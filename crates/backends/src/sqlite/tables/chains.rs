//! The chains of signed blocks that seal the audit trail.

use std::sync::LazyLock;

use async_trait::async_trait;
use portcullis_core::{
    audit::{AuditEntry, AuditId, Block, Chain, PlacedEntry, StoredBlock},
    port::{AuditChains, ChainOp, Precondition, StoreError},
};
use rusqlite::{Connection, Row, params};

use super::{audit, list, write};
use crate::sqlite::{
    SqliteStore,
    error::{OpError, require},
    row::{Columns, number},
    table::{Table, borrowed, owned},
};

const TABLE: Table<StoredBlock> = Table {
    name: "audit_blocks",
    columns: &[
        ("chain", |row| borrowed(row.block.chain.as_str())),
        ("number", |row| owned(number(row.block.number))),
        ("epoch", |row| owned(number(row.block.epoch))),
        ("first_position", |row| owned(number(row.block.first))),
        ("last_position", |row| owned(number(row.block.last))),
        ("count", |row| owned(number(row.block.count))),
        ("from_at", |row| owned(row.block.from.millis())),
        ("to_at", |row| owned(row.block.to.millis())),
        ("rows_digest", |row| borrowed(row.block.rows.as_slice())),
        ("prev", |row| borrowed(row.block.prev.as_slice())),
        ("hash", |row| borrowed(row.block.hash.as_slice())),
        ("kid", |row| borrowed(row.block.kid.as_str())),
        ("signature", |row| borrowed(row.block.signature.as_slice())),
        ("marks", |row| borrowed(row.marks.as_slice())),
        ("is_pruned", |row| owned(row.is_pruned)),
    ],
};

fn read(row: &Row<'_>) -> rusqlite::Result<StoredBlock> {
    let mut columns = Columns::of(row);
    let block = Block {
        chain: columns.word(Chain::parse)?,
        number: columns.count()?,
        epoch: columns.count()?,
        first: columns.count()?,
        last: columns.count()?,
        count: columns.count()?,
        from: columns.time()?,
        to: columns.time()?,
        rows: columns.value()?,
        prev: columns.value()?,
        hash: columns.value()?,
        kid: columns.value()?,
        signature: columns.value()?,
    };
    Ok(StoredBlock { block, marks: columns.value()?, is_pruned: columns.value()? })
}

static INSERT: LazyLock<String> = LazyLock::new(|| TABLE.insert("ON CONFLICT (chain, number) DO NOTHING"));
// A single row, even if another one has the same identifier.
const SEAL: &str = "UPDATE audit SET chain = ?1, chain_position = ?2 WHERE position =
    (SELECT position FROM audit WHERE id = ?3 AND chain_position IS NULL ORDER BY position LIMIT 1)";
const PRUNE: &str = "UPDATE audit_blocks SET is_pruned = 1, marks = x''
    WHERE chain = ?1 AND is_pruned = 0 AND number BETWEEN ?2 AND ?3";
const REMOVE: &str = "DELETE FROM audit WHERE chain = ?1 AND chain_position BETWEEN ?2 AND ?3";
static AFTER: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE chain = ?1 AND number > ?2 ORDER BY number LIMIT ?3"));
static BEFORE: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE chain = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3"));
static WITH_ROWS: LazyLock<String> =
    LazyLock::new(|| TABLE.select("WHERE chain = ?1 AND is_pruned = 0 ORDER BY number LIMIT ?2"));
// Selects all positions of the table, including those written by other programs. The condition allows the query
// planner to use the index.
static UNSEALED: LazyLock<String> = LazyLock::new(|| {
    audit::TABLE.select("WHERE chain_position IS NULL AND position >= -9223372036854775808 ORDER BY position LIMIT ?1")
});
static SEALED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT chain_position, {} FROM audit
        WHERE chain = ?1 AND chain_position BETWEEN ?2 AND ?3 ORDER BY chain_position",
        audit::TABLE.names()
    )
});

// One index range for each way of being outside all chains. Text and bytes sort after all numbers, and bytes after
// all text.
static STRAY: LazyLock<String> = LazyLock::new(|| {
    let ranges = [
        "chain IS NULL",
        "chain < 'main'",
        "chain > 'main' AND chain < 'reads'",
        "chain > 'reads'",
        "chain = 'main' AND chain_position < 1",
        "chain = 'main' AND chain_position > 9223372036854775807",
        "chain = 'reads' AND chain_position < 1",
        "chain = 'reads' AND chain_position > 9223372036854775807",
    ];
    let of = |range| format!("SELECT {} FROM audit WHERE chain_position IS NOT NULL AND {range}", audit::TABLE.names());
    format!("{} LIMIT ?1", ranges.map(of).join(" UNION ALL "))
});

pub(super) fn statements() -> Vec<&'static str> {
    vec![&INSERT, SEAL, PRUNE, REMOVE, &AFTER, &BEFORE, &WITH_ROWS, &UNSEALED, &SEALED, &STRAY]
}

#[async_trait]
impl AuditChains for SqliteStore {
    async fn unsealed_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let query = move |db: &Connection| list(db, &UNSEALED, params![number(limit as u64)], audit::read);
        self.readers.read("unsealed_rows", query).await
    }

    async fn sealed_rows(&self, chain: Chain, first: u64, last: u64) -> Result<Vec<PlacedEntry>, StoreError> {
        let query = move |db: &Connection| {
            list(db, &SEALED, params![chain.as_str(), number(first), number(last)], audit::read_placed)
        };
        self.readers.read("sealed_rows", query).await
    }

    async fn stray_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let query = move |db: &Connection| list(db, &STRAY, params![number(limit as u64)], audit::read);
        self.readers.read("stray_rows", query).await
    }

    async fn blocks_after(&self, chain: Chain, after: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let query =
            move |db: &Connection| list(db, &AFTER, params![chain.as_str(), number(after), number(limit as u64)], read);
        self.readers.read("blocks_after", query).await
    }

    async fn blocks_before(&self, chain: Chain, before: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let query = move |db: &Connection| {
            list(db, &BEFORE, params![chain.as_str(), number(before), number(limit as u64)], read)
        };
        self.readers.read("blocks_before", query).await
    }

    async fn unpruned_blocks(&self, chain: Chain, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let query = move |db: &Connection| list(db, &WITH_ROWS, params![chain.as_str(), number(limit as u64)], read);
        self.readers.read("unpruned_blocks", query).await
    }
}

pub(super) fn apply(db: &Connection, op: &ChainOp) -> Result<(), OpError> {
    match op {
        ChainOp::Seal { block, rows } => seal(db, block, rows),
        ChainOp::Prune { chain, blocks, rows } => {
            let (first, last) = (*blocks.start(), *blocks.end());
            let pruned = write(db, PRUNE, params![chain.as_str(), number(first), number(last)])?;
            require(pruned as u64 == (last + 1).saturating_sub(first), Precondition::AuditChain)?;
            write(db, REMOVE, params![chain.as_str(), number(*rows.start()), number(*rows.end())])?;
            Ok(())
        }
    }
}

fn seal(db: &Connection, stored: &StoredBlock, rows: &[AuditId]) -> Result<(), OpError> {
    require(write(db, &INSERT, TABLE.bind(stored))? == 1, Precondition::AuditChain)?;
    for (position, id) in (stored.block.first..).zip(rows) {
        let sealed = write(db, SEAL, params![stored.block.chain.as_str(), number(position), id.0])?;
        require(sealed == 1, Precondition::AuditChain)?;
    }
    Ok(())
}
