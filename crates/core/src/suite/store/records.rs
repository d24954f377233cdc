//! Records can be read by key, by owner, and by kind in pages; each write has a precondition.

use super::{done, fails, one_wins};
use crate::{
    batch,
    id::UserId,
    port::{Precondition, RecordOp, Store},
    record::{RecordKind, RecordRow},
    suite::rows::{NOW, at, here, record, sealed, there, user_id},
};

async fn read(store: &dyn Store, key: &str) -> Option<RecordRow> {
    store.record(&here(), RecordKind::Sample, key).await.unwrap()
}

fn owned(key: &str, owner: &str) -> RecordRow {
    RecordRow { owner: Some(user_id(owner)), ..record(&here(), key) }
}

fn of(owner: &str, kind: Option<RecordKind>) -> RecordOp {
    RecordOp::DeleteOf { realm: here(), owner: user_id(owner), kind }
}

/// All columns are stored, including the optional ones.
pub async fn a_record_is_read_as_written(store: &dyn Store) {
    let bare = record(&here(), "bare");
    let full = RecordRow { expires_at: Some(at(60)), ..owned("full", "ada") };
    done(store, batch![RecordOp::Insert(bare.clone()), RecordOp::Insert(full.clone())]).await;
    assert_eq!(read(store, "bare").await, Some(bare));
    assert_eq!(read(store, "full").await, Some(full));
    assert_eq!(read(store, "none").await, None);
}

/// Realm and kind are part of the key.
pub async fn records_of_two_realms_and_kinds_are_separate(store: &dyn Store) {
    let rows = [
        record(&here(), "one"),
        RecordRow { kind: RecordKind::OtherSample, body: sealed("other kind"), ..record(&here(), "one") },
        RecordRow { body: sealed("other realm"), ..record(&there(), "one") },
    ];
    done(store, rows.clone().map(|row| RecordOp::Insert(row).into())).await;
    for row in rows {
        assert_eq!(store.record(&row.realm, row.kind, &row.key).await.unwrap(), Some(row));
    }
}

pub async fn a_key_has_one_record(store: &dyn Store) {
    let first = record(&here(), "one");
    done(store, batch![RecordOp::Insert(first.clone())]).await;
    let second = RecordRow { body: sealed("second"), ..first.clone() };
    fails(store, batch![RecordOp::Insert(second)], Precondition::RecordFree).await;
    assert_eq!(read(store, "one").await, Some(first));
}

/// The owner can always use the key. Others can use it once its record has expired.
pub async fn a_key_is_free_for_all_but_others_of_a_live_record(store: &dyn Store) {
    let kept = RecordRow { expires_at: Some(NOW.plus(std::time::Duration::from_secs(60))), ..owned("kept", "ada") };
    done(store, batch![RecordOp::Insert(kept), RecordOp::Insert(record(&here(), "bare"))]).await;
    let free = |key: &str, owner: &str, seconds| RecordOp::RequireFree {
        realm: here(),
        kind: RecordKind::Sample,
        key: key.to_owned(),
        owner: user_id(owner),
        now: NOW.plus(std::time::Duration::from_secs(seconds)),
    };
    for allowed in [free("kept", "ada", 0), free("kept", "eve", 60), free("none", "eve", 0)] {
        done(store, batch![allowed]).await;
    }
    for taken in [free("kept", "eve", 59), free("bare", "eve", 0)] {
        fails(store, batch![taken], Precondition::RecordFree).await;
    }
}

pub async fn of_fifty_inserts_of_a_key_one_is_written(store: &dyn Store) {
    let rows = (0..50).map(|n| RecordRow { body: sealed(&format!("body {n}")), ..owned("one", "ada") });
    one_wins(store, rows.map(|row| RecordOp::Insert(row).into()), Precondition::RecordFree).await;
    assert!(read(store, "one").await.is_some());
}

/// Everything except the key can change.
pub async fn a_record_is_replaced_at_the_revision_before(store: &dyn Store) {
    let first = owned("one", "ada");
    let second = RecordRow { owner: None, expires_at: Some(at(9)), revision: 2, body: sealed("new"), ..first.clone() };
    done(store, batch![RecordOp::Insert(first.clone())]).await;
    done(store, batch![RecordOp::Replace(second.clone())]).await;
    for wrong in [1, 2, 4] {
        let row = RecordRow { revision: wrong, ..second.clone() };
        fails(store, batch![RecordOp::Replace(row)], Precondition::RecordRevision).await;
    }
    let missing = RecordRow { revision: 2, ..record(&here(), "none") };
    fails(store, batch![RecordOp::Replace(missing)], Precondition::RecordRevision).await;
    assert_eq!(read(store, "one").await, Some(second));
}

pub async fn of_fifty_replacements_of_a_revision_one_is_written(store: &dyn Store) {
    let first = owned("one", "ada");
    done(store, batch![RecordOp::Insert(first.clone())]).await;
    let rows = (0..50).map(|n| RecordRow { revision: 2, body: sealed(&format!("body {n}")), ..first.clone() });
    one_wins(store, rows.map(|row| RecordOp::Replace(row).into()), Precondition::RecordRevision).await;
}

pub async fn a_record_is_deleted_once_and_at_its_revision(store: &dyn Store) {
    let delete =
        |revision| RecordOp::Delete { realm: here(), kind: RecordKind::Sample, key: "one".to_owned(), revision };
    done(store, batch![RecordOp::Insert(record(&here(), "one"))]).await;
    fails(store, batch![delete(Some(2))], Precondition::RecordRevision).await;
    done(store, batch![delete(Some(1))]).await;
    fails(store, batch![delete(None)], Precondition::RecordRevision).await;
    done(store, batch![RecordOp::Insert(record(&here(), "one"))]).await;
    done(store, batch![delete(None)]).await;
    assert_eq!(read(store, "one").await, None);
}

pub async fn of_fifty_deletions_of_a_record_one_succeeds(store: &dyn Store) {
    done(store, batch![RecordOp::Insert(record(&here(), "one"))]).await;
    let delete = |_| {
        let (realm, key) = (here(), "one".to_owned());
        RecordOp::Delete { realm, kind: RecordKind::Sample, key, revision: None }.into()
    };
    one_wins(store, (0..50).map(delete), Precondition::RecordRevision).await;
}

pub async fn records_are_listed_and_deleted_by_owner(store: &dyn Store) {
    let other_kind = RecordRow { kind: RecordKind::OtherSample, ..owned("three", "ada") };
    let rows =
        [owned("two", "ada"), owned("one", "ada"), other_kind.clone(), owned("four", "bob"), record(&here(), "five")];
    done(store, rows.clone().map(|row| RecordOp::Insert(row).into())).await;
    done(store, batch![RecordOp::Insert(RecordRow { realm: there(), ..owned("six", "ada") })]).await;

    let listed = async |owner: &str, kind| store.records_of(&here(), &user_id(owner), kind).await.unwrap();
    assert_eq!(listed("ada", None).await, [other_kind.clone(), owned("one", "ada"), owned("two", "ada")]);
    assert_eq!(listed("ada", Some(RecordKind::Sample)).await, [owned("one", "ada"), owned("two", "ada")]);
    assert_eq!(listed("eve", None).await, []);

    done(store, batch![of("ada", Some(RecordKind::Sample))]).await;
    assert_eq!(listed("ada", None).await, [other_kind]);
    done(store, batch![of("ada", None), of("eve", None)]).await;
    assert_eq!(listed("ada", None).await, []);
    assert_eq!(listed("bob", None).await, [owned("four", "bob")]);
    assert!(read(store, "five").await.is_some());
    assert_eq!(store.records_of(&there(), &user_id("ada"), None).await.unwrap().len(), 1);
}

/// No record is skipped or repeated while others are inserted and deleted.
pub async fn records_of_a_kind_are_read_in_pages(store: &dyn Store) {
    let keys = ["a", "b", "c", "d", "e"];
    done(store, keys.map(|key| RecordOp::Insert(record(&here(), key)).into())).await;
    let other = RecordRow { kind: RecordKind::OtherSample, ..record(&here(), "bb") };
    done(store, batch![RecordOp::Insert(other)]).await;
    let page = async |after: &str| {
        let page = store.records_page(&here(), RecordKind::Sample, after, 2).await.unwrap();
        page.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(page("").await, ["a", "b"]);
    done(store, batch![RecordOp::Insert(record(&here(), "aa"))]).await;
    assert_eq!(page("b").await, ["c", "d"]);
    assert_eq!(page("d").await, ["e"]);
    assert_eq!(page("e").await, Vec::<String>::new());
}

pub async fn a_required_record_is_at_the_revision(store: &dyn Store) {
    let require =
        |revision| RecordOp::Require { realm: here(), kind: RecordKind::Sample, key: "one".to_owned(), revision };
    fails(store, batch![require(1)], Precondition::RecordRevision).await;
    done(store, batch![RecordOp::Insert(record(&here(), "one"))]).await;
    done(store, batch![require(1)]).await;
    fails(store, batch![require(2)], Precondition::RecordRevision).await;
    assert_eq!(read(store, "one").await, Some(record(&here(), "one")));
}

pub async fn expired_records_are_swept(store: &dyn Store) {
    let ends = |key: &str, at| RecordRow { expires_at: Some(at), ..record(&here(), key) };
    let rows = [ends("past", at(-1)), ends("future", at(60)), record(&here(), "endless")];
    done(store, rows.map(|row| RecordOp::Insert(row).into())).await;
    assert_eq!(store.sweep(NOW, super::KEPT).await.unwrap(), 1);
    assert_eq!(read(store, "past").await, None);
    assert!(read(store, "future").await.is_some() && read(store, "endless").await.is_some());
}

/// An owner's records cannot outlive the batch that deletes them.
pub async fn concurrent_inserts_and_deletions_of_an_owners_records_are_serialized(store: &dyn Store) {
    for n in 0..20 {
        let key = format!("key {n}");
        let insert = store.commit(batch![RecordOp::Insert(owned(&key, "ada"))]);
        let delete = store.commit(batch![of("ada", None)]);
        for result in crate::suite::join_all([insert, delete]).await {
            result.unwrap();
        }
        let left: Vec<UserId> = store
            .records_of(&here(), &user_id("ada"), None)
            .await
            .unwrap()
            .into_iter()
            .filter_map(|row| row.owner)
            .collect();
        assert!(left.len() <= 1, "{left:?}");
        done(store, batch![of("ada", None)]).await;
    }
}
