//! What a process remembers by itself.

use std::{sync::Arc, thread};

use portcullis_backends::memory::{MemoryAccounts, MemoryCounters, MemoryRevocations};
use portcullis_core::{
    port::{AccountCache, Answer, Revocations},
    suite::rows::{NOW, account, here, revocation, session_id, user_id},
};

mod revocations {
    async fn make() -> Box<super::MemoryRevocations> {
        Box::default()
    }

    portcullis_core::revocations_suite!(make);
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
fn sessions_that_end_while_they_are_seen_alive_are_over() {
    let known = MemoryRevocations::new();
    known.up_to_date(NOW);
    for n in 0..200 {
        let name = format!("session-{n}");
        thread::scope(|scope| {
            scope.spawn(|| known.seen_alive(&here(), &session_id(&name), &user_id("ada"), known.mark()));
            scope.spawn(|| known.revoke(&[revocation(&here(), &name)]));
        });
        assert_eq!(known.ask(&here(), &session_id(&name), &user_id("ada"), NOW), Answer::Revoked);
    }
}

#[test]
fn an_account_that_changes_while_it_is_read_is_not_remembered() {
    let cache = MemoryAccounts::default();
    for n in 0..200 {
        let id = format!("user-{n}");
        let mark = cache.mark();
        thread::scope(|scope| {
            scope.spawn(|| cache.put(&here(), Arc::new(account(&id, "Old")), mark));
            scope.spawn(|| cache.forget(&here(), &user_id(&id)));
        });
        assert_eq!(cache.get(&here(), &user_id(&id)), None);
    }
}
