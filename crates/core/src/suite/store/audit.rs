//! The audit trail: every row is stored together with its batch.

use super::{done, fails};
use crate::{
    audit::{AuditEntry, AuditId, AuditRow, Details, Event, UserEvents},
    batch,
    id::{RealmName, RequestId},
    port::{Op, Precondition, SessionOp, Store, UserOp},
    suite::{
        join_all,
        rows::{NOW, at, audit, audit_id, here, session, there, user_id},
    },
};

/// Returns a row with this time, distinguished by its request id.
fn row(realm: &RealmName, seconds: i64, request: &str) -> AuditRow {
    AuditRow { at: at(seconds), request_id: RequestId::parse(request).unwrap(), ..audit(realm) }
}

async fn read(store: &dyn Store, realm: &RealmName) -> Vec<AuditEntry> {
    store.audit_rows(realm, 1000).await.unwrap()
}

async fn requests(store: &dyn Store, realm: &RealmName) -> Vec<String> {
    read(store, realm).await.iter().map(|entry| entry.request_id.as_str().to_owned()).collect()
}

/// All columns are stored, including the optional ones.
pub async fn audit_rows_are_read_as_written(store: &dyn Store) {
    assert_eq!(read(store, &here()).await, []);
    let bare = AuditRow {
        event: Event::LoggedIn,
        reason: None,
        rule: None,
        user: None,
        index: None,
        session: None,
        node: None,
        details: Details::default(),
        client: None,
        note: None,
        ..row(&here(), -5, "bare")
    };
    done(store, batch![bare.clone(), audit(&here())]).await;
    assert_eq!(read(store, &here()).await, [audit(&here()).into(), bare.into()]);
}

/// The order of insertion does not matter.
pub async fn the_newest_audit_rows_come_first(store: &dyn Store) {
    for (seconds, request) in [(2, "c"), (1, "a"), (3, "d"), (1, "b")] {
        done(store, batch![row(&here(), seconds, request)]).await;
    }
    assert_eq!(requests(store, &here()).await, ["d", "c", "b", "a"]);
    let newest = store.audit_rows(&here(), 2).await.unwrap();
    assert_eq!(newest, [row(&here(), 3, "d").into(), row(&here(), 2, "c").into()]);
    assert_eq!(store.audit_rows(&here(), 0).await.unwrap(), []);
}

/// Concurrent batches lose no row, and a batch may contain several.
pub async fn no_audit_row_is_lost(store: &dyn Store) {
    let name = |n: i64, part: &str| format!("{n:02}-{part}");
    let batches = (0..50).map(|n| {
        let begun = SessionOp::Insert(session(&here(), &format!("session-{n}")));
        store.commit(batch![row(&here(), n, &name(n, "a")), begun, row(&here(), n, &name(n, "b"))])
    });
    assert!(join_all(batches).await.iter().all(Result::is_ok));
    let all: Vec<_> = (0..50).rev().flat_map(|n| [name(n, "b"), name(n, "a")]).collect();
    assert_eq!(requests(store, &here()).await, all);
}

/// The position of the row in the batch does not matter.
pub async fn a_batch_that_fails_leaves_no_audit_row(store: &dyn Store) {
    let fail = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 };
    fails(store, batch![audit(&here()), fail.clone()], Precondition::UserRevision).await;
    fails(store, batch![fail, audit(&here())], Precondition::UserRevision).await;
    assert_eq!(read(store, &here()).await, []);
}

pub async fn audit_rows_of_two_realms_are_separate(store: &dyn Store) {
    done(store, batch![row(&here(), 1, "here"), row(&there(), 2, "there")]).await;
    assert_eq!(requests(store, &here()).await, ["here"]);
    assert_eq!(requests(store, &there()).await, ["there"]);
}

/// Returns a row that concerns a user, with this time.
fn about(realm: &RealmName, user: &str, seconds: i64, number: u8) -> AuditRow {
    AuditRow { at: at(seconds), id: audit_id(seconds, number), user: Some(user_id(user)), ..audit(realm) }
}

async fn events(store: &dyn Store, before: Option<AuditId>, since: i64, limit: usize) -> Vec<AuditId> {
    let wanted = UserEvents { realm: here(), user: user_id("ada"), before, since: at(since), limit };
    store.user_events(&wanted).await.unwrap().into_iter().map(|entry| entry.id).collect()
}

/// Rows of other users, other realms and hidden events are omitted.
pub async fn only_a_users_own_visible_events_are_returned(store: &dyn Store) {
    let (own, hidden) =
        (about(&here(), "ada", 0, 1), AuditRow { event: Event::RefreshRepeated, ..about(&here(), "ada", 0, 2) });
    let (other, elsewhere) = (about(&here(), "eve", 0, 3), about(&there(), "ada", 0, 4));
    let of_no_user = AuditRow { user: None, ..about(&here(), "ada", 0, 5) };
    done(store, batch![own.clone(), hidden, other, elsewhere, of_no_user]).await;
    let wanted = UserEvents { realm: here(), user: user_id("ada"), before: None, since: NOW, limit: 10 };
    assert_eq!(store.user_events(&wanted).await.unwrap(), [own.into()]);
}

/// The order of insertion does not matter. No event is skipped or repeated, and older ones are omitted.
pub async fn a_users_events_are_paged_from_the_newest(store: &dyn Store) {
    let ids = [(9, 1), (9, 2), (3, 1), (7, 1), (5, 1)].map(|(seconds, number)| about(&here(), "ada", seconds, number));
    done(store, ids.map(Op::from).to_vec()).await;
    let (first, second, third) = (audit_id(9, 2), audit_id(9, 1), audit_id(7, 1));
    assert_eq!(events(store, None, 0, 2).await, [first, second]);
    done(store, batch![about(&here(), "ada", 10, 1)]).await;
    assert_eq!(events(store, Some(second), 0, 2).await, [third, audit_id(5, 1)]);
    assert_eq!(events(store, Some(audit_id(5, 1)), 0, 2).await, [audit_id(3, 1)]);
    assert_eq!(events(store, Some(first), 5, 10).await, [second, third, audit_id(5, 1)]);
    assert_eq!(events(store, None, 11, 10).await, []);
    assert_eq!(events(store, None, 0, 0).await, []);
}
