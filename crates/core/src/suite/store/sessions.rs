//! Sessions are inserted once and revoked once.

use super::{done, fails, one_wins};
use crate::{
    batch,
    id::RealmName,
    oauth::{ClientId, Scopes},
    port::{Op, Precondition, SessionOp, Store},
    session::{Change, Family, Impersonator, LogPosition, Revocation, Session, SessionGrant, SessionKind},
    suite::{
        Revocations,
        rows::{HOUR, NOW, at, here, revocation, session, session_id, there, token_hash, user_id},
    },
};

/// Revokes Ada's sessions.
fn end_all(except: Option<&str>) -> Op {
    SessionOp::EndAll { realm: here(), user: user_id("ada"), except: except.map(session_id), expires_at: at(900) }
        .into()
}

/// Returns the revocations after a position, sorted by session, because the entries of one batch are in no particular
/// order.
pub(super) async fn logged(store: &dyn Store, after: LogPosition) -> Vec<Revocation> {
    let (mut log, _) = store.revocations_after(after).await.unwrap();
    log.sort_by(|a, b| a.session.cmp(&b.session));
    log
}

/// All columns are stored, including the `amr` values and the state of the refresh tokens.
pub async fn a_session_is_read_as_written(store: &dyn Store) {
    let one = session(&here(), "one");
    let impersonator = Impersonator::parse("admin:root:of-root");
    let bare = Session { amr: Vec::new(), created_at: at(-9), impersonator, ..session(&here(), "bare") };
    let family = Family {
        current: token_hash(255),
        previous: Some(token_hash(0)),
        rotated_at: at(-7),
        idle_until: NOW.plus(HOUR / 2),
    };
    let grant = SessionGrant {
        client: ClientId::parse("shop").unwrap(),
        parent: session_id("one"),
        scopes: Scopes::parse("openid email").unwrap(),
    };
    let rotated = Session { kind: SessionKind::Client, grant: Some(grant), family, ..session(&here(), "rotated") };
    done(store, [one.clone(), bare.clone(), rotated.clone()].map(|row| SessionOp::Insert(row).into())).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
    assert_eq!(store.session(&here(), &bare.id).await.unwrap(), Some(bare));
    assert_eq!(store.session(&here(), &rotated.id).await.unwrap(), Some(rotated));
    assert_eq!(store.session(&here(), &session_id("none")).await.unwrap(), None);
}

/// The first one is kept.
pub async fn an_identifier_has_one_session(store: &dyn Store) {
    let first = session(&here(), "one");
    done(store, batch![SessionOp::Insert(first.clone())]).await;
    let second = Session { user: user_id("eve"), ..first.clone() };
    fails(store, batch![SessionOp::Insert(second)], Precondition::SessionThere).await;
    assert_eq!(store.session(&here(), &first.id).await.unwrap(), Some(first));
}

/// A second revocation fails, and the log contains a single entry.
pub async fn a_session_ends_once(store: &dyn Store) {
    let end = || batch![SessionOp::End(revocation(&here(), "one"))];
    fails(store, end(), Precondition::SessionThere).await;
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    done(store, end()).await;
    assert_eq!(store.session(&here(), &session_id("one")).await.unwrap(), None);
    fails(store, end(), Precondition::SessionThere).await;
    let (log, _) = store.revocations_after(Default::default()).await.unwrap();
    assert_eq!(log, [revocation(&here(), "one")]);
}

/// The caller decides whether it has expired.
pub async fn an_expired_session_is_still_returned(store: &dyn Store) {
    let lapsed = Session { expires_at: at(-1000), ..session(&here(), "one") };
    let family = Family { idle_until: at(-1000), ..lapsed.family.clone() };
    let idle = Session { family, ..session(&here(), "two") };
    done(store, [lapsed.clone(), idle.clone()].map(|row| SessionOp::Insert(row).into())).await;
    assert_eq!(store.session(&here(), &lapsed.id).await.unwrap(), Some(lapsed));
    assert_eq!(store.session(&here(), &idle.id).await.unwrap(), Some(idle));
}

/// Returns Ada's sessions in a realm, sorted by identifier.
pub(super) async fn sessions_of_ada(store: &dyn Store, realm: &RealmName) -> Vec<Session> {
    let mut found = store.sessions_of(realm, &user_id("ada")).await.unwrap();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// All of them are returned as written, including an expired one, but none of other users, of another realm, or revoked
/// ones.
pub async fn the_sessions_of_a_user_are_read(store: &dyn Store) {
    assert_eq!(sessions_of_ada(store, &here()).await, []);
    let lapsed = Session { expires_at: at(-1), ..session(&here(), "a") };
    let mine = [lapsed, session(&here(), "b"), session(&here(), "c")];
    let others = [
        Session { user: user_id("eve"), ..session(&here(), "d") },
        Session { user: user_id("ada-2"), ..session(&here(), "e") },
        session(&there(), "b"),
    ];
    done(store, mine.iter().chain(&others).map(|row| SessionOp::Insert(row.clone()).into())).await;
    assert_eq!(sessions_of_ada(store, &here()).await, mine);
    assert_eq!(sessions_of_ada(store, &there()).await, others[2..]);
    for (most, found) in [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)] {
        let few = store.few_sessions_of(&here(), &user_id("ada"), most).await.unwrap();
        assert!(few.len() == found && few.iter().all(|one| mine.contains(one)), "{most}: {few:?}");
    }

    done(store, batch![SessionOp::End(revocation(&here(), "b"))]).await;
    assert_eq!(sessions_of_ada(store, &here()).await, [mine[0].clone(), mine[2].clone()]);
    done(store, [end_all(None)]).await;
    assert_eq!(sessions_of_ada(store, &here()).await, []);
}

/// Each revocation is in the log once, with the given expiry.
pub async fn all_sessions_of_a_user_but_one_can_be_ended(store: &dyn Store) {
    let kept = session(&here(), "b");
    let lapsed = Session { expires_at: at(-1), ..session(&here(), "d") };
    let mine = [session(&here(), "a"), kept.clone(), session(&here(), "c"), lapsed];
    done(store, mine.map(|row| SessionOp::Insert(row).into())).await;
    done(store, [end_all(Some("b"))]).await;
    for over in ["a", "c", "d"] {
        assert_eq!(store.session(&here(), &session_id(over)).await.unwrap(), None);
        fails(store, batch![SessionOp::End(revocation(&here(), over))], Precondition::SessionThere).await;
    }
    assert_eq!(store.session(&here(), &kept.id).await.unwrap(), Some(kept));
    let ended = ["a", "c", "d"].map(|over| revocation(&here(), over));
    assert_eq!(logged(store, LogPosition(0)).await, ended);

    // A reader that has followed the log so far gets the new entries.
    let (_, position) = store.revocations_after(LogPosition(0)).await.unwrap();
    done(store, [end_all(None)]).await;
    assert_eq!(store.session(&here(), &session_id("b")).await.unwrap(), None);
    assert_eq!(logged(store, position).await, [revocation(&here(), "b")]);
}

/// Neither other users' sessions nor those with the same identifier in another realm are revoked; an exception that
/// belongs to another user has no effect.
pub async fn ending_a_users_sessions_does_not_affect_others(store: &dyn Store) {
    let others = [
        Session { user: user_id("eve"), ..session(&here(), "eves") },
        Session { user: user_id("ada-2"), ..session(&here(), "namesake") },
        session(&there(), "one"),
    ];
    done(store, others.clone().map(|row| SessionOp::Insert(row).into())).await;
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    done(store, [end_all(Some("eves"))]).await;
    assert_eq!(store.session(&here(), &session_id("one")).await.unwrap(), None);
    for other in others {
        assert_eq!(store.session(&other.realm, &other.id).await.unwrap(), Some(other));
    }
    assert_eq!(logged(store, LogPosition(0)).await, [revocation(&here(), "one")]);
}

/// Revoking all sessions succeeds and logs nothing if the user has no session, or only the excepted one.
pub async fn ending_no_session_succeeds(store: &dyn Store) {
    done(store, [end_all(None)]).await;
    done(store, [end_all(Some("one"))]).await;
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    done(store, [end_all(Some("one")), end_all(Some("one"))]).await;
    assert!(store.session(&here(), &session_id("one")).await.unwrap().is_some());
    assert_eq!(logged(store, LogPosition(0)).await, []);
    done(store, [end_all(None), end_all(None)]).await;
    assert_eq!(logged(store, LogPosition(0)).await, [revocation(&here(), "one")]);
}

/// The same identifier belongs to different sessions in two realms.
pub async fn sessions_of_two_realms_are_separate(store: &dyn Store) {
    let one = session(&here(), "one");
    done(store, batch![SessionOp::Insert(one.clone())]).await;
    assert_eq!(store.session(&there(), &one.id).await.unwrap(), None);
    fails(store, batch![SessionOp::End(revocation(&there(), "one"))], Precondition::SessionThere).await;
    done(store, batch![SessionOp::Insert(session(&there(), "one")), SessionOp::End(revocation(&there(), "one"))]).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
}

/// Rotates the refresh token of session "one" at this second.
fn rotate(realm: &RealmName, (from, to): (u8, u8), second: i64) -> Op {
    SessionOp::Rotate {
        realm: realm.clone(),
        id: session_id("one"),
        from: token_hash(from),
        to: token_hash(to),
        at: at(second),
        idle_until: at(second + 100),
    }
    .into()
}

/// Returns session "one" as it is after that rotation.
fn rotated((previous, current): (u8, u8), second: i64) -> Session {
    let family = Family {
        current: token_hash(current),
        previous: Some(token_hash(previous)),
        rotated_at: at(second),
        idle_until: at(second + 100),
    };
    Session { family, ..session(&here(), "one") }
}

async fn read(store: &dyn Store) -> Option<Session> {
    store.session(&here(), &session_id("one")).await.unwrap()
}

/// The current token becomes the previous one. The rest of the session and all other sessions are unchanged.
pub async fn a_refresh_token_is_rotated(store: &dyn Store) {
    let other = session(&here(), "other");
    done(store, batch![SessionOp::Insert(session(&here(), "one")), SessionOp::Insert(other.clone())]).await;
    done(store, [rotate(&here(), (1, 2), 5)]).await;
    assert_eq!(read(store).await, Some(rotated((1, 2), 5)));
    done(store, [rotate(&here(), (2, 3), 9)]).await;
    assert_eq!(read(store).await, Some(rotated((2, 3), 9)));
    assert_eq!(store.session(&here(), &other.id).await.unwrap(), Some(other));
}

/// The previous refresh token and an unknown one are rejected.
pub async fn only_the_newest_refresh_token_is_rotated(store: &dyn Store) {
    done(store, batch![SessionOp::Insert(session(&here(), "one")), rotate(&here(), (1, 2), 5)]).await;
    for wrong in [0, 1, 3] {
        fails(store, [rotate(&here(), (wrong, 4), 6)], Precondition::RefreshNewest).await;
    }
    assert_eq!(read(store).await, Some(rotated((1, 2), 5)));
}

/// A session that does not exist yet or was revoked cannot be refreshed.
pub async fn the_token_of_a_missing_session_is_not_rotated(store: &dyn Store) {
    fails(store, [rotate(&here(), (1, 2), 5)], Precondition::RefreshNewest).await;
    assert_eq!(read(store).await, None);
    done(store, batch![SessionOp::Insert(session(&here(), "one")), SessionOp::End(revocation(&here(), "one"))]).await;
    fails(store, [rotate(&here(), (1, 2), 5)], Precondition::RefreshNewest).await;
    assert_eq!(read(store).await, None);
}

/// A token that is sent fifty times concurrently is rotated once.
pub async fn of_fifty_rotations_of_a_token_one_succeeds(store: &dyn Store) {
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    let racers = (100..150).map(|to| rotate(&here(), (1, to), to.into()));
    one_wins(store, racers, Precondition::RefreshNewest).await;
    let left = read(store).await.expect("still there");
    let [winner, ..] = left.family.current.0;
    assert!((100..150).contains(&winner), "{left:?}");
    assert_eq!(left, rotated((1, winner), winner.into()));
}

/// The same identifier and token belong to different families in two realms.
pub async fn families_of_two_realms_are_separate(store: &dyn Store) {
    let one = session(&here(), "one");
    done(store, batch![SessionOp::Insert(one.clone())]).await;
    fails(store, [rotate(&there(), (1, 2), 5)], Precondition::RefreshNewest).await;
    done(store, batch![SessionOp::Insert(session(&there(), "one")), rotate(&there(), (1, 2), 5)]).await;
    assert_eq!(read(store).await, Some(one));
    let other = Session { realm: there(), ..rotated((1, 2), 5) };
    assert_eq!(store.session(&there(), &session_id("one")).await.unwrap(), Some(other));
}

/// Only the time and the methods change, and the caches of the user are invalidated.
pub async fn an_authentication_is_renewed(store: &dyn Store) {
    let (one, other) = (session(&here(), "one"), session(&there(), "one"));
    done(store, [one.clone(), other.clone()].map(|row| SessionOp::Insert(row).into())).await;
    let renewed = Session { auth_time: at(70), amr: Vec::new(), ..one.clone() };
    let (_, after) = store.changes_after(LogPosition::default()).await.unwrap();
    let changed =
        Session { created_at: at(-9), family: Family { current: token_hash(7), ..one.family }, ..renewed.clone() };
    done(store, batch![SessionOp::Authenticate(changed)]).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(renewed));
    assert_eq!(store.session(&there(), &one.id).await.unwrap(), Some(other));
    let (changes, _) = store.changes_after(after).await.unwrap();
    assert_eq!(changes, [Change::UserChanged { realm: here(), user: one.user }]);
    fails(store, batch![SessionOp::Authenticate(session(&here(), "none"))], Precondition::SessionThere).await;
}
