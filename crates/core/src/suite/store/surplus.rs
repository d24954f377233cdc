//! The number of sessions per user is limited.

use super::{
    done,
    sessions::{logged, sessions_of_ada},
};
use crate::{
    batch,
    id::ClientId,
    oauth::Scopes,
    port::{Op, SessionOp, Store, UserOp},
    session::{Family, LogPosition, Session, SessionGrant, SessionKind},
    suite::{
        Revocations, join_all,
        rows::{NOW, at, here, revocation, session, session_id, there, token_hash, user, user_id},
    },
};

/// Revokes Ada's sessions in excess of this number.
fn end_surplus(newest: &str, most: usize) -> Op {
    end_surplus_of(SessionKind::Api, newest, most)
}

fn end_surplus_of(kind: SessionKind, newest: &str, most: usize) -> Op {
    end_surplus_at(None, (kind, newest), most)
}

fn end_surplus_at(client: Option<&str>, (kind, newest): (SessionKind, &str), most: usize) -> Op {
    let (newest, expires_at, client) = (session_id(newest), at(900), client.and_then(ClientId::parse));
    SessionOp::EndSurplus { realm: here(), user: user_id("ada"), kind, client, newest, most, now: NOW, expires_at }
        .into()
}

fn of_client(client: &str, one: Session) -> Session {
    let parent = session_id("tab");
    let grant = SessionGrant { client: ClientId::parse(client).unwrap(), parent, scopes: Scopes::default() };
    Session { kind: SessionKind::Client, grant: Some(grant), ..one }
}

/// Returns a session that was last used at this second.
fn used(id: &str, second: i64, is_refreshed: bool) -> Session {
    let one = session(&here(), id);
    let family = Family { rotated_at: at(second), previous: is_refreshed.then(|| token_hash(7)), ..one.family.clone() };
    Session { family, ..one }
}

/// Sessions that were never refreshed are revoked first, then the least recently used ones, but never the newest; each
/// revocation is logged.
pub async fn surplus_sessions_that_were_never_refreshed_end_first(store: &dyn Store) {
    let sessions = [
        used("a", -50, true),
        used("b", -40, true),
        used("c", -30, false),
        used("d", -20, false),
        used("e", -10, true),
        used("f", -60, false),
    ];
    done(store, sessions.clone().map(|row| SessionOp::Insert(row).into())).await;
    for most in [6, 7, 100] {
        done(store, [end_surplus("f", most)]).await;
    }
    assert_eq!(logged(store, LogPosition(0)).await, []);
    let mut left: Vec<&str> = ["a", "b", "c", "d", "e", "f"].into();
    for (most, ended) in [(5, "c"), (4, "d"), (3, "a"), (2, "b"), (1, "e")] {
        let (_, position) = store.revocations_after(LogPosition(0)).await.unwrap();
        done(store, [end_surplus("f", most)]).await;
        left.retain(|id| *id != ended);
        let ids: Vec<_> = sessions_of_ada(store, &here()).await.into_iter().map(|row| row.id).collect();
        assert_eq!(ids, left.iter().map(|id| session_id(id)).collect::<Vec<_>>());
        assert_eq!(logged(store, position).await, [revocation(&here(), ended)]);
    }
    done(store, [end_surplus("f", 0)]).await;
    assert_eq!(sessions_of_ada(store, &here()).await, sessions[5..], "the newest stays");
}

/// They are not counted and not removed.
pub async fn expired_sessions_and_those_of_others_are_not_surplus(store: &dyn Store) {
    let idle = used("idle", -90, false);
    let others = [
        Session { expires_at: NOW, ..used("lapsed", -90, false) },
        Session { family: Family { idle_until: NOW, ..idle.family.clone() }, ..idle },
        Session { user: user_id("eve"), ..used("eves", -90, false) },
        Session { realm: there(), ..used("old", -90, false) },
        Session { kind: SessionKind::Browser, ..used("browser", -90, false) },
    ];
    done(store, others.clone().map(|row| SessionOp::Insert(row).into())).await;
    done(store, batch![SessionOp::Insert(used("old", -9, true)), SessionOp::Insert(used("new", 0, false))]).await;
    done(store, [end_surplus("new", 2)]).await;
    assert_eq!(logged(store, LogPosition(0)).await, []);
    done(store, [end_surplus("new", 1)]).await;
    assert_eq!(logged(store, LogPosition(0)).await, [revocation(&here(), "old")]);
    for other in others {
        assert_eq!(store.session(&other.realm, &other.id).await.unwrap(), Some(other));
    }
    // Each kind has its own maximum.
    done(store, batch![SessionOp::Insert(Session { kind: SessionKind::Browser, ..used("tab", 0, false) })]).await;
    done(store, [end_surplus_of(SessionKind::Browser, "tab", 1)]).await;
    let kinds = sessions_of_ada(store, &here()).await.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert!(kinds.contains(&session_id("new")) && kinds.contains(&session_id("tab")));
    assert!(!kinds.contains(&session_id("browser")), "the earlier one has ended");
    // So has each client.
    let of_clients = [("shop", "first"), ("shop", "second"), ("site", "other")];
    for (client, id) in of_clients {
        done(store, batch![SessionOp::Insert(of_client(client, used(id, 0, false)))]).await;
        done(store, [end_surplus_at(Some(client), (SessionKind::Client, id), 1)]).await;
    }
    let left = sessions_of_ada(store, &here()).await.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert!(!left.contains(&session_id("first")) && left.contains(&session_id("second")));
    assert!(left.contains(&session_id("other")) && left.contains(&session_id("new")));
}

/// Each batch inserts a session, revokes the surplus, and requires the user to be unchanged, as a login does.
pub async fn fifty_concurrent_sessions_respect_the_limit(store: &dyn Store) {
    done(store, batch![UserOp::Insert(user(&here(), "ada", "ada@example.org"))]).await;
    let logins = (0..50).map(|number| {
        let id = format!("session-{number}");
        let held = UserOp::Require { realm: here(), id: user_id("ada"), revision: 1 };
        store.commit(batch![held, SessionOp::Insert(session(&here(), &id)), end_surplus(&id, 3)])
    });
    for result in join_all(logins).await {
        result.expect("each is committed");
    }
    assert_eq!(sessions_of_ada(store, &here()).await.len(), 3);
}
