//! Outages and failovers of the database.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use portcullis_backends::mongodb::MongoStore;
use portcullis_core::{
    batch,
    message::Channel,
    port::{Challenges, Keys, Outbox, OutboxOp, Registrations, Sessions, Store, Users},
    session::{LogPosition, Revocation},
    suite::{
        Pending, Revocations, join_all,
        rows::{NOW, challenge_id, here, index, lease, message, session_id, user_id},
    },
};

use super::{SOON, is_away, is_done, open, pair, until};
use crate::mongod::ReplicaSet;

/// Runs all operations of a store concurrently. Each must quickly report that the database is unavailable.
async fn all_say_that_it_is_away(store: &MongoStore) {
    let begun = Instant::now();
    let (realm, lease) = (&here(), &lease("first", NOW));
    let (user, session) = (&user_id("ada"), &session_id("one"));
    let asked: [Pending<'_, (&str, bool)>; 13] = [
        Box::pin(async { ("commit", !is_done(store.commit(pair("away")).await)) }),
        Box::pin(async { ("claim", is_away(&store.claim(Channel::Mail, 1, lease).await)) }),
        Box::pin(async { ("sweep", is_away(&store.sweep(NOW, 10).await)) }),
        Box::pin(async { ("root_keys", is_away(&store.root_keys().await)) }),
        Box::pin(async { ("signing_keys", is_away(&store.signing_keys().await)) }),
        Box::pin(async { ("at_address", is_away(&store.at_address(realm, index("ada@example.org")).await)) }),
        Box::pin(async { ("user", is_away(&store.user(realm, user).await)) }),
        Box::pin(async { ("registration", is_away(&store.registration(realm, user).await)) }),
        Box::pin(async { ("challenge", is_away(&store.challenge(realm, challenge_id(1)).await)) }),
        Box::pin(async { ("session", is_away(&store.session(realm, session).await)) }),
        Box::pin(async { ("revocations_after", is_away(&store.revocations_after(LogPosition(0)).await)) }),
        Box::pin(async { ("outbox_state", is_away(&store.outbox_state(NOW).await)) }),
        Box::pin(async { ("ping", is_away(&store.ping().await)) }),
    ];
    for (what, is_away) in join_all(asked).await {
        assert!(is_away, "{what}");
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// Returns whether a pair exists completely. A failed batch must leave both documents or neither.
async fn is_whole(store: &MongoStore, name: &str) -> bool {
    let stays = store.session(&here(), &session_id(name)).await.unwrap().is_some();
    let (log, _) = store.revocations_after(LogPosition(0)).await.unwrap();
    let ended = log.iter().filter(|entry| entry.session.as_str() == format!("{name}-ends")).count();
    assert_eq!(usize::from(stays), ended, "{name} is there by halves");
    stays
}

async fn is_back(store: &MongoStore) {
    until("back", Duration::from_secs(5), || async { store.ping().await.is_ok() }).await;
    store.commit(batch![OutboxOp::Enqueue(message("back"))]).await.unwrap();
    let claimed = store.claim(Channel::Mail, 1, &lease("second", NOW)).await.unwrap().remove(0);
    let outcome = portcullis_core::message::outbox::DeliveryOutcome::Done;
    store.commit(batch![OutboxOp::FinishDelivery { id: claimed.row.id, lease: claimed.lease, outcome }]).await.unwrap();
}

#[tokio::test]
async fn an_unavailable_database_is_reported_quickly() {
    let mut set = ReplicaSet::start(1).await;
    let store = open(&set.url()).await;
    store.commit(pair("before")).await.unwrap();

    // The server keeps its connections open but does not respond. Tested twice, because the driver only detects this
    // the first time.
    set.members[0].pause();
    all_say_that_it_is_away(&store).await;
    all_say_that_it_is_away(&store).await;
    set.members[0].go_on();
    is_back(&store).await;
    is_whole(&store, "away").await;

    set.members[0].kill();
    all_say_that_it_is_away(&store).await;
    all_say_that_it_is_away(&store).await;
    set.members[0].start();
    set.primary().await;
    is_back(&store).await;
    assert!(is_whole(&store, "before").await);
    is_whole(&store, "away").await;
}

/// Names of the acknowledged pairs, and of those that were not acknowledged.
type Written = (Vec<String>, Vec<String>);

/// Reads the last acknowledged pair repeatedly until the end.
async fn read(store: &MongoStore, last: &Mutex<Option<String>>, is_over: &AtomicBool) {
    while !is_over.load(Ordering::SeqCst) {
        let name = last.lock().unwrap().clone();
        if let Some(name) = name {
            let found = store.session(&here(), &session_id(&name)).await;
            assert!(is_away(&found) || found.unwrap().is_some(), "{name} was acknowledged and is not seen");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Commits pairs one after the other until the end.
async fn write(
    store: &MongoStore,
    writer: usize,
    is_over: &AtomicBool,
    many: &AtomicUsize,
    last: &Mutex<Option<String>>,
) -> Written {
    let (mut done, mut unsure) = (Vec::new(), Vec::new());
    for n in 0.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("w{writer}-{n}");
        if is_done(store.commit(pair(&name)).await) {
            many.fetch_add(1, Ordering::SeqCst);
            *last.lock().unwrap() = Some(name.clone());
            done.push(name);
        } else {
            unsure.push(name);
        }
    }
    (done, unsure)
}

/// Follows the log until the end, and reads it once more after that.
async fn follow(store: &MongoStore, is_over: &AtomicBool) -> Vec<Revocation> {
    let (mut seen, mut position) = (Vec::new(), LogPosition(0));
    loop {
        let is_last = is_over.load(Ordering::SeqCst);
        match store.revocations_after(position).await {
            Ok((more, behind)) => {
                assert!(behind >= position);
                assert!(more.is_empty() || behind > position);
                seen.extend(more);
                position = behind;
                if is_last {
                    return seen;
                }
            }
            away => assert!(is_away(&away), "{away:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn acknowledged_writes_survive_a_failover() {
    let mut set = ReplicaSet::start(3).await;
    let first = set.primary().await;
    let stores = [open(&set.url()).await, open(&set.url()).await];
    let (is_over, is_written, many) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
    let last = Mutex::new(None);
    let write_all = async {
        let writers =
            (0..4).map(|n| -> Pending<'_, Written> { Box::pin(write(&stores[n % 2], n, &is_over, &many, &last)) });
        let written = join_all(writers).await;
        is_written.store(true, Ordering::SeqCst);
        written
    };
    let readers = join_all((0..4).map(|n| -> Pending<'_, ()> { Box::pin(read(&stores[n % 2], &last, &is_written)) }));
    let (writers, seen, _, ()) = tokio::join!(write_all, follow(&stores[0], &is_written), readers, async {
        until("written", SOON * 5, || async { many.load(Ordering::SeqCst) > 50 }).await;
        set.members[first].kill();
        let next = set.primary().await;
        assert_ne!(next, first);
        // The writers recover without intervention.
        let before = many.load(Ordering::SeqCst);
        let on = || async { many.load(Ordering::SeqCst) > before + 50 };
        until("continuing", Duration::from_secs(5), on).await;
        is_over.store(true, Ordering::SeqCst);
    });
    let fresh = open(&set.url()).await;
    let (log, _) = fresh.revocations_after(LogPosition(0)).await.unwrap();
    assert_eq!(seen, log, "the follower has missed something");
    let ended = |name: &str| log.iter().filter(|entry| entry.session.as_str() == format!("{name}-ends")).count();
    for name in writers.iter().flat_map(|(done, _)| done) {
        assert!(fresh.session(&here(), &session_id(name)).await.unwrap().is_some(), "{name} is lost");
        assert_eq!(ended(name), 1, "{name} is there by halves");
    }
    for name in writers.iter().flat_map(|(_, unsure)| unsure) {
        let stays = fresh.session(&here(), &session_id(name)).await.unwrap().is_some();
        assert_eq!(usize::from(stays), ended(name), "{name} is there by halves");
    }
}
