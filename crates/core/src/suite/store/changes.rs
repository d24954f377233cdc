//! The change log is complete and ordered, and can be read from any position.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{KEPT, done, fails};
use crate::{
    account::User,
    batch,
    port::{KeyOp, Op, Precondition, SessionOp, Store, UserOp},
    session::{CHANGES_KEPT, Change, LogPosition, Revocation},
    suite::{
        Pending, Revocations, join_all,
        rows::{NOW, at, here, revocation, root_key, session, session_id, signing_key, there, user, user_id},
    },
};

const START: LogPosition = LogPosition(0);

/// Opens sessions with these names, and revokes them in this order.
async fn end(store: &dyn Store, names: &[&str]) {
    done(store, names.iter().map(|name| SessionOp::Insert(session(&here(), name)).into())).await;
    for name in names {
        done(store, batch![SessionOp::End(revocation(&here(), name))]).await;
    }
}

fn entries(names: &[&str]) -> Vec<Revocation> {
    names.iter().map(|name| revocation(&here(), name)).collect()
}

/// This also holds for a position beyond the end.
pub async fn an_empty_log_keeps_the_position(store: &dyn Store) {
    assert_eq!(store.revocations_after(START).await.unwrap(), (Vec::new(), START));
    assert_eq!(store.revocations_after(LogPosition(7)).await.unwrap(), (Vec::new(), LogPosition(7)));
}

/// Entries are in the order of the commits and, within a batch, of its operations.
pub async fn revocations_are_logged_in_order(store: &dyn Store) {
    end(store, &["c", "a", "b"]).await;
    let elsewhere = Revocation { expires_at: at(1), ..revocation(&there(), "c") };
    done(
        store,
        batch![
            SessionOp::Insert(session(&here(), "y")),
            SessionOp::Insert(session(&there(), "c")),
            SessionOp::End(revocation(&here(), "y")),
            SessionOp::End(elsewhere.clone()),
        ],
    )
    .await;
    let (log, _) = store.revocations_after(START).await.unwrap();
    assert_eq!(log, [entries(&["c", "a", "b", "y"]), vec![elsewhere]].concat());
}

/// Each entry is returned once, regardless of when the log is read.
pub async fn the_log_can_be_read_from_any_position(store: &dyn Store) {
    end(store, &["a", "b"]).await;
    let (log, first) = store.revocations_after(START).await.unwrap();
    assert_eq!(log, entries(&["a", "b"]));
    assert!(first > START);
    assert_eq!(store.revocations_after(first).await.unwrap(), (Vec::new(), first));
    end(store, &["c"]).await;
    // A failed batch leaves no entry.
    fails(store, batch![SessionOp::End(revocation(&here(), "none"))], Precondition::SessionThere).await;
    end(store, &["d"]).await;
    let (log, second) = store.revocations_after(first).await.unwrap();
    assert_eq!(log, entries(&["c", "d"]));
    assert!(second > first);
    assert_eq!(store.revocations_after(START).await.unwrap(), (entries(&["a", "b", "c", "d"]), second));
}

/// Each entry is returned once and in order, while fifty sessions are revoked concurrently.
pub async fn a_follower_of_the_log_misses_nothing(store: &dyn Store) {
    let names: Vec<_> = (0..50).map(|n| format!("s{n:02}")).collect();
    done(store, names.iter().map(|name| SessionOp::Insert(session(&here(), name)).into())).await;
    let is_over = AtomicBool::new(false);
    let write: Pending<'_, Vec<Revocation>> = Box::pin(async {
        let ends = names.iter().map(|name| store.commit(batch![SessionOp::End(revocation(&here(), name))]));
        join_all(ends).await.into_iter().for_each(Result::unwrap);
        is_over.store(true, Ordering::SeqCst);
        Vec::new()
    });
    let follow: Pending<'_, Vec<Revocation>> = Box::pin(async {
        let (mut seen, mut position) = (Vec::new(), START);
        loop {
            let is_last = is_over.load(Ordering::SeqCst);
            let (more, behind) = store.revocations_after(position).await.unwrap();
            seen.extend(more);
            position = behind;
            if is_last {
                return seen;
            }
        }
    });
    let seen = join_all([write, follow]).await.concat();
    assert_eq!(seen, store.revocations_after(START).await.unwrap().0);
    let mut seen: Vec<_> = seen.iter().map(|entry| entry.session.as_str()).collect();
    seen.sort_unstable();
    assert_eq!(seen, names);
}

/// This also holds after a sweep, so that a reader that continues from an earlier position misses nothing.
pub async fn positions_are_never_reused(store: &dyn Store) {
    end(store, &["a", "b"]).await;
    let (_, position) = store.revocations_after(START).await.unwrap();
    store.sweep(at(900), KEPT).await.unwrap();
    assert_eq!(store.revocations_after(START).await.unwrap().0, []);
    end(store, &["c"]).await;
    let (log, next) = store.revocations_after(position).await.unwrap();
    assert_eq!(log, entries(&["c"]));
    assert!(next > position);
}

fn user_changed(id: &str) -> Change {
    Change::UserChanged { realm: here(), user: user_id(id) }
}

/// There is one entry for each change of a user, of keys, and of all sessions, and none for data that is not cached.
pub async fn changes_are_logged_in_order(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    let end_all = SessionOp::EndAll { realm: here(), user: ada.id.clone(), except: None, expires_at: at(900) };
    done(store, batch![UserOp::Insert(ada.clone()), SessionOp::Insert(session(&here(), "one"))]).await;
    done(store, batch![UserOp::Require { realm: here(), id: ada.id.clone(), revision: 1 }]).await;
    assert_eq!(store.changes_after(START).await.unwrap(), (Vec::new(), START));
    done(store, batch![UserOp::Update(User { revision: 2, ..ada.clone() })]).await;
    done(store, batch![end_all, UserOp::Delete { realm: here(), id: ada.id.clone(), revision: 2 }]).await;
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 1)), KeyOp::PutSigning(signing_key("key", 0))]).await;
    done(store, batch![KeyOp::DeleteSigning { kid: "key".to_owned() }]).await;
    let one = Revocation { session: session_id("one"), ..revocation(&here(), "one") };
    let wanted = [
        user_changed("ada"),
        Change::SessionEnded(one),
        user_changed("ada"),
        user_changed("ada"),
        Change::KeysChanged,
        Change::KeysChanged,
        Change::KeysChanged,
    ];
    let (changes, last) = store.changes_after(START).await.unwrap();
    assert_eq!(changes, wanted);
    assert_eq!(store.changes_after(last).await.unwrap(), (Vec::new(), last));
}

/// Each committed change has one entry, which is returned once.
pub async fn fifty_user_changes_are_fifty_entries(store: &dyn Store) {
    let users: Vec<_> = (0..50).map(|n| user(&here(), &format!("user-{n:02}"), &format!("{n}@example.org"))).collect();
    done(store, users.iter().cloned().map(|user| UserOp::Insert(user).into())).await;
    let updates = users.iter().flat_map(|user| {
        let update = || store.commit(batch![UserOp::Update(User { revision: 2, ..user.clone() })]);
        [update(), update()]
    });
    let won = join_all(updates).await.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 50);
    let (mut changes, last) = store.changes_after(START).await.unwrap();
    assert_eq!(store.changes_after(last).await.unwrap(), (Vec::new(), last));
    changes.sort_by_key(|change| change.stored().subject.map(str::to_owned));
    assert_eq!(changes, users.iter().map(|user| user_changed(user.id.as_str())).collect::<Vec<_>>());
}

/// The first sweep sets the expiry of an entry that has none.
pub async fn a_change_without_an_expiry_is_kept_for_a_while(store: &dyn Store) {
    let ada = user(&here(), "ada", "ada@example.org");
    let change = |revision| -> [Op; 1] { [UserOp::Update(User { revision, ..ada.clone() }).into()] };
    done(store, batch![UserOp::Insert(ada.clone())]).await;
    done(store, change(2)).await;
    assert_eq!(store.sweep(NOW, KEPT).await.unwrap(), 0);
    let kept = i64::try_from(CHANGES_KEPT.as_secs()).unwrap();
    assert_eq!(store.sweep(at(kept - 1), KEPT).await.unwrap(), 0);
    assert_eq!(store.changes_after(START).await.unwrap().0, [user_changed("ada")]);
    done(store, change(3)).await;
    assert_eq!(store.sweep(at(kept), KEPT).await.unwrap(), 1);
    assert_eq!(store.changes_after(START).await.unwrap(), (vec![user_changed("ada")], LogPosition(2)));
}
