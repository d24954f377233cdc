//! Tests of the in-memory caches and counters.

use std::{fs, sync::Arc, thread, time::Duration};

use portcullis_backends::memory::{MemoryAccounts, MemoryCounters, MemorySessions};
use portcullis_core::{
    limit::{LimitKey, Quota},
    port::{AccountCache, Counters, SessionCache, SessionStatus},
    suite::rows::{NOW, account, here, revocation, session, session_id, user_id},
};

mod sessions {
    async fn make() -> Box<super::MemorySessions> {
        Box::default()
    }

    portcullis_core::session_cache_suite!(make);
}

mod accounts {
    async fn make() -> Box<super::MemoryAccounts> {
        Box::default()
    }

    portcullis_core::account_cache_suite!(make);
}

mod counters {
    async fn make() -> Box<super::MemoryCounters> {
        Box::default()
    }

    portcullis_core::counters_suite!(make);
}

#[test]
fn sessions_revoked_while_they_are_marked_live_remain_revoked() {
    let known = MemorySessions::new();
    known.synced(NOW);
    for n in 0..200 {
        let name = format!("session-{n}");
        thread::scope(|scope| {
            scope.spawn(|| known.mark_live(&session(&here(), &name), known.generation()));
            scope.spawn(|| known.revoke(&[revocation(&here(), &name)]));
        });
        assert_eq!(known.status(&here(), &session_id(&name), &user_id("ada"), NOW), SessionStatus::Revoked);
    }
}

#[test]
fn an_account_that_changes_while_it_is_read_is_not_cached() {
    let cache = MemoryAccounts::default();
    cache.synced(NOW);
    for n in 0..200 {
        let id = format!("user-{n}");
        let mark = cache.generation();
        thread::scope(|scope| {
            scope.spawn(|| cache.insert(&here(), Arc::new(account(&id, "Old")), mark));
            scope.spawn(|| cache.invalidate(&here(), &user_id(&id)));
        });
        assert_eq!(cache.get(&here(), &user_id(&id), NOW), None);
    }
}

/// Resident memory of this process, in MiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// The owner of an IPv6 network can use any number of client addresses.
#[tokio::test]
async fn no_number_of_clients_fills_the_memory() {
    let counters = MemoryCounters::default();
    let quota = Quota { times: 30, per: Duration::from_secs(3600) };
    let count = async |clients: std::ops::Range<u64>| {
        for client in clients {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&client.to_be_bytes());
            counters.take(LimitKey(key), quota, NOW).await;
        }
        memory()
    };
    let before = count(0..1000).await;
    let full = count(1000..120_000).await;
    let beyond = count(120_000..200_000).await;
    assert!(full < before + 64, "{before} MiB became {full}");
    assert!(beyond < full + 12, "{full} MiB became {beyond}");
}
