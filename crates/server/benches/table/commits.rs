//! Bare commits: the write of a refresh without anything else.

use std::{sync::Arc, time::Duration};

use portcullis_backends::sqlite::SqliteStore;
use portcullis_core::{
    batch,
    clock::{Clock as _, SystemClock, Timestamp},
    port::{SessionOp, Store as _},
    seal::Sealed,
    session::{Amr, Family, Session, SessionKind, TokenHash},
    suite::rows,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    load::{self, Cost, Window},
    machine,
};

/// Sessions whose current token is replaced repeatedly.
pub(crate) struct Rotations {
    store: Arc<SqliteStore>,
    /// Sessions with the number of tokens issued so far.
    sessions: Vec<(Session, u64)>,
    _folder: TempDir,
}

impl Rotations {
    /// Creates this number of sessions in a new database.
    pub(crate) async fn new(sessions: usize) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let now = SystemClock.now();
        let store = SqliteStore::open(&folder.path().join("bare.db"), now).unwrap();
        let sessions: Vec<_> = (0..sessions).map(|number| (session(number, now), 0)).collect();
        store
            .commit(sessions.iter().map(|(session, _)| SessionOp::Insert(session.clone()).into()).collect())
            .await
            .unwrap();
        Self { store: Arc::new(store), sessions, _folder: folder }
    }

    /// Measures commits per second and the CPU time of each.
    pub(crate) async fn cost(&mut self, length: Duration) -> Cost {
        let (before, window) = (machine::processor_time(std::process::id()), Arc::new(Window::open(length)));
        let mut tasks = JoinSet::new();
        for (session, mut number) in self.sessions.drain(..) {
            let (store, window) = (Arc::clone(&self.store), Arc::clone(&window));
            tasks.spawn(async move {
                let first = number;
                while window.is_open() {
                    let now = SystemClock.now();
                    let rotation = SessionOp::Rotate {
                        realm: session.realm.clone(),
                        id: session.id.clone(),
                        from: hash(number),
                        to: hash(number + 1),
                        at: now,
                        idle_until: now.plus(rows::HOUR),
                    };
                    store.commit(batch![rotation]).await.unwrap();
                    number += 1;
                    window.count();
                }
                (session, number, number - first)
            });
        }
        let mut count = 0;
        for (session, number, more) in tasks.join_all().await {
            self.sessions.push((session, number));
            count += more;
        }
        let used = machine::processor_time(std::process::id()).saturating_sub(before);
        Cost { rate: window.per_second(), each: load::micros(used, count) }
    }
}

fn session(number: usize, now: Timestamp) -> Session {
    Session {
        realm: rows::here(),
        id: rows::session_id(&format!("session{number}")),
        user: rows::user_id(&format!("user{number}")),
        auth_time: now,
        kind: SessionKind::Api,
        impersonator: None,
        amr: vec![Amr::Password],
        client: Sealed::from_bytes(vec![0; 64]),
        created_at: now,
        expires_at: now.plus(24 * rows::HOUR),
        family: Family { current: hash(0), previous: None, rotated_at: now, idle_until: now.plus(rows::HOUR) },
        grant: None,
    }
}

fn hash(number: u64) -> TokenHash {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    TokenHash(bytes)
}
