//! Refresh token families: each token is followed once.

use super::{done, fails, one_wins};
use crate::{
    batch,
    id::RealmName,
    port::{Op, Precondition, SessionOp, Store},
    session::{Family, Session},
    suite::rows::{at, here, revocation, session, session_id, there, token_hash},
};

/// Moves the family of session "one" on, at this second.
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

/// As it stands after that.
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

/// The newest becomes the one before; nothing else of the session changes, and no other session at all.
pub async fn a_family_moves_on(store: &dyn Store) {
    let other = session(&here(), "other");
    done(store, batch![SessionOp::Insert(session(&here(), "one")), SessionOp::Insert(other.clone())]).await;
    done(store, [rotate(&here(), (1, 2), 5)]).await;
    assert_eq!(read(store).await, Some(rotated((1, 2), 5)));
    done(store, [rotate(&here(), (2, 3), 9)]).await;
    assert_eq!(read(store).await, Some(rotated((2, 3), 9)));
    assert_eq!(store.session(&here(), &other.id).await.unwrap(), Some(other));
}

/// Neither from the one before nor from one that was never given out.
pub async fn a_family_moves_on_from_its_newest_token_only(store: &dyn Store) {
    done(store, batch![SessionOp::Insert(session(&here(), "one")), rotate(&here(), (1, 2), 5)]).await;
    for wrong in [0, 1, 3] {
        fails(store, [rotate(&here(), (wrong, 4), 6)], Precondition::RefreshNewest).await;
    }
    assert_eq!(read(store).await, Some(rotated((1, 2), 5)));
}

/// Neither before it begins nor after its end.
pub async fn the_family_of_no_session_moves_on(store: &dyn Store) {
    fails(store, [rotate(&here(), (1, 2), 5)], Precondition::RefreshNewest).await;
    assert_eq!(read(store).await, None);
    done(store, batch![SessionOp::Insert(session(&here(), "one")), SessionOp::End(revocation(&here(), "one"))]).await;
    fails(store, [rotate(&here(), (1, 2), 5)], Precondition::RefreshNewest).await;
    assert_eq!(read(store).await, None);
}

/// A token that is sent fifty times at once is followed by one.
pub async fn of_fifty_who_move_a_family_on_one_does(store: &dyn Store) {
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    let racers = (100..150).map(|to| rotate(&here(), (1, to), to.into()));
    one_wins(store, racers, Precondition::RefreshNewest).await;
    let left = read(store).await.expect("still there");
    let [winner, ..] = left.family.current.0;
    assert!((100..150).contains(&winner), "{left:?}");
    assert_eq!(left, rotated((1, winner), winner.into()));
}

/// The same identifier and token stand for two families in two realms.
pub async fn families_of_two_realms_are_apart(store: &dyn Store) {
    let one = session(&here(), "one");
    done(store, batch![SessionOp::Insert(one.clone())]).await;
    fails(store, [rotate(&there(), (1, 2), 5)], Precondition::RefreshNewest).await;
    done(store, batch![SessionOp::Insert(session(&there(), "one")), rotate(&there(), (1, 2), 5)]).await;
    assert_eq!(read(store).await, Some(one));
    let other = Session { realm: there(), ..rotated((1, 2), 5) };
    assert_eq!(store.session(&there(), &session_id("one")).await.unwrap(), Some(other));
}
