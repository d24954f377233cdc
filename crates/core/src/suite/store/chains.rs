//! Chains of the audit trail: each row gets a position once, and each block number is used once.

use super::{done, exactly_win, fails};
use crate::{
    audit::{AuditEntry, AuditFilter, AuditId, AuditKey, AuditQuery, AuditRow, Chain, PlacedEntry, StoredBlock},
    batch,
    clock::Timestamp,
    id::{RequestId, SessionId, UserId},
    port::{ChainOp, Op, Precondition, Store},
    seal::BlindIndex,
    suite::rows::{NOW, at, audit, audit_id, here, there},
};

fn row(number: u8) -> AuditRow {
    AuditRow { id: audit_id(number.into(), number), at: at(number.into()), ..audit(&here()) }
}

fn key() -> AuditKey {
    AuditKey::generate(1, NOW).unwrap()
}

async fn write(store: &dyn Store, numbers: impl IntoIterator<Item = u8>) -> Vec<AuditEntry> {
    let rows: Vec<AuditRow> = numbers.into_iter().map(row).collect();
    done(store, rows.iter().cloned().map(Op::from)).await;
    rows.into_iter().map(Into::into).collect()
}

/// Returns the operation that seals rows after a block.
fn seal(chain: Chain, before: Option<&StoredBlock>, rows: &[AuditEntry]) -> (StoredBlock, ChainOp) {
    let block = StoredBlock::next(chain, before.map(|before| &before.block), rows, &key()).unwrap();
    (block.clone(), ChainOp::Seal { block: Box::new(block), rows: rows.iter().map(|row| row.id).collect() })
}

fn placed(first: u64, rows: &[AuditEntry]) -> Vec<PlacedEntry> {
    (first..)
        .zip(rows)
        .map(|(position, entry)| PlacedEntry { position: Some(position), entry: entry.clone() })
        .collect()
}

/// Rows are sealed in the order in which they were written, regardless of their time.
pub async fn rows_are_sealed_in_blocks_of_their_chain(store: &dyn Store) {
    let rows = write(store, [3, 1, 2, 4]).await;
    assert_eq!(store.unsealed_rows(10).await.unwrap(), rows);
    assert_eq!(store.unsealed_rows(2).await.unwrap(), rows[..2]);
    assert_eq!(store.blocks_before(Chain::Main, u64::MAX, 1).await.unwrap(), []);
    let (first, op) = seal(Chain::Main, None, &rows[..3]);
    done(store, batch![op]).await;
    let (other, op) = seal(Chain::Reads, None, &rows[3..]);
    done(store, batch![op]).await;
    assert_eq!(store.unsealed_rows(10).await.unwrap(), []);
    let late = write(store, [9]).await;
    let (second, op) = seal(Chain::Main, Some(&first), &late);
    done(store, batch![op]).await;
    assert_eq!(store.blocks_after(Chain::Main, 0, 10).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.blocks_after(Chain::Main, 1, 10).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(store.blocks_before(Chain::Main, u64::MAX, 1).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(store.blocks_before(Chain::Main, 2, 10).await.unwrap(), [first]);
    assert_eq!(store.blocks_after(Chain::Reads, 0, 10).await.unwrap(), [other]);
    let all = [placed(1, &rows[..3]), placed(4, &late)].concat();
    assert_eq!(store.sealed_rows(Chain::Main, 1, u64::MAX).await.unwrap(), all);
    assert_eq!(store.sealed_rows(Chain::Main, 2, 3).await.unwrap(), all[1..3]);
    assert_eq!(store.sealed_rows(Chain::Main, 5, 9).await.unwrap(), []);
}

/// The whole block fails: no row is sealed twice, and no missing row is sealed.
pub async fn a_row_is_sealed_once(store: &dyn Store) {
    let rows = write(store, 1..=3).await;
    let (first, op) = seal(Chain::Main, None, &rows[..2]);
    done(store, batch![op]).await;
    let again = seal(Chain::Main, Some(&first), &rows[1..]).1;
    fails(store, batch![again], Precondition::AuditChain).await;
    let missing: AuditEntry = row(99).into();
    let unknown = seal(Chain::Main, Some(&first), &[rows[2].clone(), missing]).1;
    fails(store, batch![unknown], Precondition::AuditChain).await;
    assert_eq!(store.unsealed_rows(10).await.unwrap(), rows[2..]);
    assert_eq!(store.blocks_after(Chain::Main, 0, 10).await.unwrap(), [first]);
}

pub async fn of_fifty_blocks_with_a_number_one_is_written(store: &dyn Store) {
    let rows = write(store, 1..=50).await;
    let blocks = rows.chunks(1).map(|row| Op::from(seal(Chain::Main, None, row).1));
    exactly_win(1, store, blocks, Precondition::AuditChain).await;
    assert_eq!(store.unsealed_rows(100).await.unwrap().len(), 49);
    assert_eq!(store.sealed_rows(Chain::Main, 0, 100).await.unwrap().len(), 1);
}

/// The blocks are kept, without marks. Each step is executed once.
pub async fn old_rows_are_removed_by_whole_blocks(store: &dyn Store) {
    let rows = write(store, 1..=6).await;
    let mut blocks: Vec<StoredBlock> = Vec::new();
    for some in rows.chunks(2) {
        let (block, op) = seal(Chain::Main, blocks.last(), some);
        done(store, batch![op]).await;
        blocks.push(block);
    }
    assert_eq!(store.unpruned_blocks(Chain::Main, 2).await.unwrap(), blocks[..2]);
    let prune = || ChainOp::Prune { chain: Chain::Main, blocks: 1..=2, rows: 1..=4 };
    done(store, batch![prune()]).await;
    fails(store, batch![prune()], Precondition::AuditChain).await;
    let beyond = ChainOp::Prune { chain: Chain::Main, blocks: 3..=4, rows: 5..=9 };
    fails(store, batch![beyond], Precondition::AuditChain).await;
    assert_eq!(store.unpruned_blocks(Chain::Main, 9).await.unwrap(), blocks[2..]);
    let pruned = |block: &StoredBlock| StoredBlock { marks: Vec::new(), is_pruned: true, ..block.clone() };
    let left = [pruned(&blocks[0]), pruned(&blocks[1]), blocks[2].clone()];
    assert_eq!(store.blocks_after(Chain::Main, 0, 9).await.unwrap(), left);
    assert_eq!(store.sealed_rows(Chain::Main, 0, 99).await.unwrap(), placed(5, &rows[4..]));
    assert_eq!(store.audit_rows(&here(), 99).await.unwrap().len(), 2);
    let late = write(store, [9]).await;
    assert_eq!(store.unsealed_rows(9).await.unwrap(), late, "a later row is not taken for a removed one");
}

/// Each filter finds its rows, in both directions. The lower bound is inclusive, the upper exclusive.
pub async fn rows_are_found_by_each_filter(store: &dyn Store) {
    let mut rows = [1, 2, 3].map(row);
    rows[1].realm = there();
    rows[1].user = UserId::parse("eve");
    rows[1].event = crate::audit::Event::LoggedIn;
    rows[1].outcome = crate::audit::Outcome::Ok;
    rows[1].actor.id = Some("eve".to_owned());
    rows[1].request_id = RequestId::parse("other").unwrap();
    rows[1].session = SessionId::parse("other");
    rows[1].index = Some(BlindIndex([7; 32]));
    done(store, rows.iter().cloned().map(Op::from)).await;
    let found = |by: AuditFilter, is_backwards: bool, limit: usize| async move {
        let (from, before) = (AuditId::first_at(Timestamp::from_millis(0)), AuditId([u8::MAX; 16]));
        let query = AuditQuery { by, from, before, is_backwards, limit };
        store.audit_query(&query).await.unwrap().into_iter().map(|row| row.entry.id).collect::<Vec<_>>()
    };
    let [one, two, three] = [1, 2, 3].map(|number| audit_id(number.into(), number));
    for by in [
        AuditFilter::Realm(there()),
        AuditFilter::User(UserId::parse("eve").unwrap()),
        AuditFilter::Event("logged_in".to_owned()),
        AuditFilter::Actor("eve".to_owned()),
        AuditFilter::Outcome("ok".to_owned()),
        AuditFilter::Request(RequestId::parse("other").unwrap()),
        AuditFilter::Session(SessionId::parse("other").unwrap()),
        AuditFilter::Index(BlindIndex([7; 32])),
    ] {
        assert_eq!(found(by.clone(), false, 9).await, [two], "{by:?}");
    }
    assert_eq!(found(AuditFilter::All, false, 9).await, [three, two, one]);
    assert_eq!(found(AuditFilter::All, true, 2).await, [one, two]);
    assert_eq!(found(AuditFilter::Realm(here()), false, 9).await, [three, one]);
    let query = AuditQuery { by: AuditFilter::All, from: two, before: three, is_backwards: false, limit: 9 };
    let within = store.audit_query(&query).await.unwrap();
    assert_eq!(within, [PlacedEntry { position: None, entry: rows[1].clone().into() }]);
    let (_, op) = seal(Chain::Main, None, &[within[0].entry.clone()]);
    done(store, batch![op]).await;
    assert_eq!(store.audit_query(&query).await.unwrap()[0].position, Some(1));
}
