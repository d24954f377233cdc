//! The revocation log: in order, read on from where one stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{KEPT, done, fails};
use crate::{
    batch,
    port::{Precondition, SessionOp, Store},
    session::{LogPosition, Revocation},
    suite::{
        Pending, join_all,
        rows::{at, here, revocation, session, there},
    },
};

const START: LogPosition = LogPosition(0);

/// Begins sessions of these names and ends them in this order.
async fn end(store: &dyn Store, names: &[&str]) {
    done(store, names.iter().map(|name| SessionOp::Insert(session(&here(), name)).into())).await;
    for name in names {
        done(store, batch![SessionOp::End(revocation(&here(), name))]).await;
    }
}

fn entries(names: &[&str]) -> Vec<Revocation> {
    names.iter().map(|name| revocation(&here(), name)).collect()
}

/// Also when one asks from far ahead.
pub async fn an_empty_log_stays_where_it_is(store: &dyn Store) {
    assert_eq!(store.revocations_after(START).await.unwrap(), (Vec::new(), START));
    assert_eq!(store.revocations_after(LogPosition(7)).await.unwrap(), (Vec::new(), LogPosition(7)));
}

/// In the order of the commits and, within a batch, of its operations.
pub async fn what_ends_comes_into_the_log_in_order(store: &dyn Store) {
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

/// Every entry once, whenever one asks.
pub async fn the_log_is_read_on_from_a_position(store: &dyn Store) {
    end(store, &["a", "b"]).await;
    let (log, first) = store.revocations_after(START).await.unwrap();
    assert_eq!(log, entries(&["a", "b"]));
    assert!(first > START);
    assert_eq!(store.revocations_after(first).await.unwrap(), (Vec::new(), first));
    end(store, &["c"]).await;
    // What failed leaves no trace in it.
    fails(store, batch![SessionOp::End(revocation(&here(), "none"))], Precondition::SessionThere).await;
    end(store, &["d"]).await;
    let (log, second) = store.revocations_after(first).await.unwrap();
    assert_eq!(log, entries(&["c", "d"]));
    assert!(second > first);
    assert_eq!(store.revocations_after(START).await.unwrap(), (entries(&["a", "b", "c", "d"]), second));
}

/// Each entry once and in its place, while fifty end sessions at the same time.
pub async fn whoever_follows_the_log_misses_nothing(store: &dyn Store) {
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

/// Also after a sweep: a reader that continues from an earlier position misses nothing.
pub async fn positions_are_never_given_twice(store: &dyn Store) {
    end(store, &["a", "b"]).await;
    let (_, position) = store.revocations_after(START).await.unwrap();
    store.sweep(at(900), KEPT).await.unwrap();
    assert_eq!(store.revocations_after(START).await.unwrap().0, []);
    end(store, &["c"]).await;
    let (log, next) = store.revocations_after(position).await.unwrap();
    assert_eq!(log, entries(&["c"]));
    assert!(next > position);
}
