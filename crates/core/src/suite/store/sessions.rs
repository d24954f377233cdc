//! Sessions: written once, ended once.

use super::{done, fails};
use crate::{
    batch,
    port::{Op, Precondition, SessionOp, Store},
    session::{Family, LogPosition, Revocation, Session},
    suite::rows::{HOUR, NOW, at, here, revocation, session, session_id, there, token_hash, user_id},
};

/// Ends Ada's sessions here.
fn end_all(except: Option<&str>) -> Op {
    SessionOp::EndAll { realm: here(), user: user_id("ada"), except: except.map(session_id), expires_at: at(900) }
        .into()
}

/// Whatever is in the log, by name: the sessions of one batch stand there in any order.
async fn logged(store: &dyn Store, after: LogPosition) -> Vec<Revocation> {
    let (mut log, _) = store.revocations_after(after).await.unwrap();
    log.sort_by(|a, b| a.session.cmp(&b.session));
    log
}

/// All columns survive, the words of `amr` as they are, and where its refresh tokens stand.
pub async fn a_session_is_read_as_written(store: &dyn Store) {
    let one = session(&here(), "one");
    let bare = Session { amr: Vec::new(), created_at: at(-9), ..session(&here(), "bare") };
    let family = Family {
        current: token_hash(255),
        previous: Some(token_hash(0)),
        rotated_at: at(-7),
        idle_until: NOW.plus(HOUR / 2),
    };
    let rotated = Session { family, ..session(&here(), "rotated") };
    done(store, [one.clone(), bare.clone(), rotated.clone()].map(|row| SessionOp::Insert(row).into())).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
    assert_eq!(store.session(&here(), &bare.id).await.unwrap(), Some(bare));
    assert_eq!(store.session(&here(), &rotated.id).await.unwrap(), Some(rotated));
    assert_eq!(store.session(&here(), &session_id("none")).await.unwrap(), None);
}

/// The first stays.
pub async fn an_identifier_has_one_session(store: &dyn Store) {
    let first = session(&here(), "one");
    done(store, batch![SessionOp::Insert(first.clone())]).await;
    let second = Session { user: user_id("eve"), ..first.clone() };
    fails(store, batch![SessionOp::Insert(second)], Precondition::SessionThere).await;
    assert_eq!(store.session(&here(), &first.id).await.unwrap(), Some(first));
}

/// The second who ends it learns that it is over, and the log says it once.
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

/// Whether something has lapsed is for others to judge, by their time.
pub async fn a_lapsed_session_is_still_read(store: &dyn Store) {
    let lapsed = Session { expires_at: at(-1000), ..session(&here(), "one") };
    let family = Family { idle_until: at(-1000), ..lapsed.family.clone() };
    let idle = Session { family, ..session(&here(), "two") };
    done(store, [lapsed.clone(), idle.clone()].map(|row| SessionOp::Insert(row).into())).await;
    assert_eq!(store.session(&here(), &lapsed.id).await.unwrap(), Some(lapsed));
    assert_eq!(store.session(&here(), &idle.id).await.unwrap(), Some(idle));
}

/// Each end is in the log, once, until the time that was said.
pub async fn all_sessions_of_a_user_end_but_for_one(store: &dyn Store) {
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

    // Whoever has read the log so far is told of the rest.
    let (_, position) = store.revocations_after(LogPosition(0)).await.unwrap();
    done(store, [end_all(None)]).await;
    assert_eq!(store.session(&here(), &session_id("b")).await.unwrap(), None);
    assert_eq!(logged(store, position).await, [revocation(&here(), "b")]);
}

/// Neither other people's nor those of the same identifier in another realm; somebody else's is no exception.
pub async fn the_end_of_a_users_sessions_leaves_others_alone(store: &dyn Store) {
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

/// Neither without any session nor with none but the one that goes on.
pub async fn there_may_be_no_session_to_end(store: &dyn Store) {
    done(store, [end_all(None)]).await;
    done(store, [end_all(Some("one"))]).await;
    done(store, batch![SessionOp::Insert(session(&here(), "one"))]).await;
    done(store, [end_all(Some("one")), end_all(Some("one"))]).await;
    assert!(store.session(&here(), &session_id("one")).await.unwrap().is_some());
    assert_eq!(logged(store, LogPosition(0)).await, []);
    done(store, [end_all(None), end_all(None)]).await;
    assert_eq!(logged(store, LogPosition(0)).await, [revocation(&here(), "one")]);
}

/// The same identifier stands for two sessions in two realms.
pub async fn sessions_of_two_realms_are_apart(store: &dyn Store) {
    let one = session(&here(), "one");
    done(store, batch![SessionOp::Insert(one.clone())]).await;
    assert_eq!(store.session(&there(), &one.id).await.unwrap(), None);
    fails(store, batch![SessionOp::End(revocation(&there(), "one"))], Precondition::SessionThere).await;
    done(store, batch![SessionOp::Insert(session(&there(), "one")), SessionOp::End(revocation(&there(), "one"))]).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
}
