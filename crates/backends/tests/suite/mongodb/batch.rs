//! Batches as transactions: retried after conflicts, and always atomic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::bson::doc;
use portcullis_backends::mongodb::MongoStore;
use portcullis_core::{
    batch,
    port::{SessionOp, Sessions, Store, UserOp},
    random::OsRandom,
    session::LogPosition,
    suite::{
        Revocations, join_all,
        rows::{NOW, audit, here, revocation, session, session_id, user, user_id},
    },
};

use super::{Settings, TIMEOUT, is_away, is_done, make, open, pair, settings, until};
use crate::mongod::{ReplicaSet, client};

#[tokio::test]
async fn a_batch_is_committed_even_if_its_caller_is_cancelled() {
    let made = make().await;
    tokio::select! {
        biased;
        _ = made.commit(batch![SessionOp::Insert(session(&here(), "one"))]) => {}
        () = std::future::ready(()) => {}
    }
    until("committed", TIMEOUT, || async { made.session(&here(), &session_id("one")).await.unwrap().is_some() }).await;
}

/// All of them write to the same document, and none may starve.
#[tokio::test]
async fn fifty_logins_of_one_user_all_go_through_in_time() {
    let made = make().await;
    let stores = [open(&made.database.url).await, open(&made.database.url).await];
    made.commit(batch![UserOp::Insert(user(&here(), "ada", "ada@example.org"))]).await.unwrap();
    let login = |n: usize| {
        let require = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 };
        let begun = session(&here(), &format!("session-{n}"));
        stores[n % 2].commit(batch![require, SessionOp::Insert(begun), audit(&here())])
    };
    let begun = Instant::now();
    let results = join_all((0..50).map(login)).await;
    let failed: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
    assert!(failed.is_empty(), "{} of 50 after {:?}: {:?}", failed.len(), begun.elapsed(), failed[0]);
}

/// All of them append to the log, from two processes, while readers follow it and number its entries.
#[tokio::test]
async fn three_hundred_logouts_of_different_users_on_two_servers_all_go_through_and_are_logged_once() {
    let made = make().await;
    let stores = [open(&made.database.url).await, open(&made.database.url).await];
    let name = |n: usize| format!("session-{n:03}");
    made.commit((0..300).map(|n| SessionOp::Insert(session(&here(), &name(n))).into()).collect()).await.unwrap();
    let begun = Instant::now();
    let logouts =
        join_all((0..300).map(|n| stores[n % 2].commit(batch![SessionOp::End(revocation(&here(), &name(n)))])));
    let is_over = AtomicBool::new(false);
    let follow = async |store: &MongoStore| {
        let (mut log, mut position) = (Vec::new(), LogPosition(0));
        loop {
            let was_over = is_over.load(Ordering::SeqCst);
            // A read that times out is retried, as the server does.
            if let Ok((more, next)) = store.revocations_after(position).await {
                log.extend(more.into_iter().map(|entry| entry.session));
                position = next;
                if was_over {
                    return log;
                }
            }
        }
    };
    let all = async {
        let results = logouts.await;
        is_over.store(true, Ordering::SeqCst);
        results
    };
    let (results, mut one, mut other) = tokio::join!(all, follow(&stores[0]), follow(&stores[1]));
    let failed: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
    assert!(failed.is_empty(), "{} of 300 after {:?}: {:?}", failed.len(), begun.elapsed(), failed[0]);
    let expected: Vec<_> = (0..300).map(|n| session_id(&name(n))).collect();
    for log in [&mut one, &mut other] {
        log.sort_unstable();
        assert_eq!(*log, expected, "each follower reads each entry once");
    }
}

/// The wait for the lock within the process is longer than the time limit of the database, which responds throughout.
#[tokio::test]
async fn three_hundred_batches_for_one_user_wait_longer_than_the_database_timeout() {
    let made = make().await;
    let store = impatient(&made.database.url).await;
    made.commit(batch![UserOp::Insert(user(&here(), "ada", "ada@example.org"))]).await.unwrap();
    let login = |n: usize| {
        let require = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 };
        store.commit(batch![require, SessionOp::Insert(session(&here(), &format!("session-{n}"))), audit(&here())])
    };
    let begun = Instant::now();
    let results = join_all((0..300).map(login)).await;
    let failed: Vec<_> = results.iter().filter(|result| result.is_err()).collect();
    assert!(failed.is_empty(), "{} of 300 after {:?}: {:?}", failed.len(), begun.elapsed(), failed[0]);
    assert!(begun.elapsed() > IMPATIENT, "too fast to show anything: {:?}", begun.elapsed());
}

const IMPATIENT: Duration = Duration::from_millis(750);

/// Opens the database with a short time limit.
async fn impatient(url: &str) -> MongoStore {
    let settings = Settings { timeout: IMPATIENT, ..settings(url) };
    MongoStore::open(&settings, NOW, Arc::new(OsRandom)).await.unwrap()
}

/// An operator, or another process that considers them orphaned, aborts live transactions.
#[tokio::test]
async fn aborted_transactions_are_retried() {
    let set = ReplicaSet::start(1).await;
    let patient = Settings { timeout: Duration::from_secs(10), ..settings(&set.url()) };
    let store = MongoStore::open(&patient, NOW, Arc::new(OsRandom)).await.unwrap();
    let admin = client(&set.members[0].direct()).await.database("admin");
    let is_over = AtomicBool::new(false);
    let kill = async {
        while !is_over.load(Ordering::SeqCst) {
            // Transactions are also aborted while the outcome of earlier ones is being determined.
            for _ in 0..4 {
                admin.run_command(doc! { "killAllSessions": [] }).await.ok();
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    let commit = async {
        let mut done = Vec::new();
        for round in 0..10 {
            let names: Vec<_> = (0..10).map(|n| format!("pair-{round}-{n}")).collect();
            let results = join_all(names.iter().map(|name| store.commit(pair(name)))).await;
            done.extend(names.into_iter().zip(results.into_iter().map(is_done)));
            let read = store.session(&here(), &session_id("none")).await;
            assert!(is_away(&read) || read.is_ok_and(|none| none.is_none()));
        }
        is_over.store(true, Ordering::SeqCst);
        done
    };
    let (done, ()) = tokio::join!(commit, kill);
    let (log, _) = store.revocations_after(LogPosition(0)).await.unwrap();
    for (name, done) in done {
        assert!(done, "{name} did not commit");
        assert!(store.session(&here(), &session_id(&name)).await.unwrap().is_some(), "{name} is gone");
        let logged = log.iter().filter(|entry| entry.session.as_str() == format!("{name}-ends")).count();
        assert_eq!(logged, 1, "{name} is there by halves");
    }
}
