//! Sessions: written once, ended once.

use super::{done, fails};
use crate::{
    port::{Op, Precondition, Store},
    session::Session,
    suite::rows::{at, here, revocation, session, session_id, there, user_id},
};

/// All columns survive, the words of `amr` as they are.
pub async fn a_session_is_read_as_written(store: &dyn Store) {
    let one = session(&here(), "one");
    let bare = Session { amr: Vec::new(), created_at: at(-9), ..session(&here(), "bare") };
    done(store, [Op::InsertSession(one.clone()), Op::InsertSession(bare.clone())]).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
    assert_eq!(store.session(&here(), &bare.id).await.unwrap(), Some(bare));
    assert_eq!(store.session(&here(), &session_id("none")).await.unwrap(), None);
}

/// The first stays.
pub async fn an_identifier_has_one_session(store: &dyn Store) {
    let first = session(&here(), "one");
    done(store, [Op::InsertSession(first.clone())]).await;
    let second = Session { user: user_id("eve"), ..first.clone() };
    fails(store, [Op::InsertSession(second)], Precondition::SessionThere).await;
    assert_eq!(store.session(&here(), &first.id).await.unwrap(), Some(first));
}

/// The second who ends it learns that it is over, and the log says it once.
pub async fn a_session_ends_once(store: &dyn Store) {
    let end = || [Op::EndSession(revocation(&here(), "one"))];
    fails(store, end(), Precondition::SessionThere).await;
    done(store, [Op::InsertSession(session(&here(), "one"))]).await;
    done(store, end()).await;
    assert_eq!(store.session(&here(), &session_id("one")).await.unwrap(), None);
    fails(store, end(), Precondition::SessionThere).await;
    let (log, _) = store.revocations_after(Default::default()).await.unwrap();
    assert_eq!(log, [revocation(&here(), "one")]);
}

/// Whether something has lapsed is for others to judge, by their time.
pub async fn a_lapsed_session_is_still_read(store: &dyn Store) {
    let lapsed = Session { expires_at: at(-1000), ..session(&here(), "one") };
    done(store, [Op::InsertSession(lapsed.clone())]).await;
    assert_eq!(store.session(&here(), &lapsed.id).await.unwrap(), Some(lapsed));
}

/// The same identifier stands for two sessions in two realms.
pub async fn sessions_of_two_realms_are_apart(store: &dyn Store) {
    let one = session(&here(), "one");
    done(store, [Op::InsertSession(one.clone())]).await;
    assert_eq!(store.session(&there(), &one.id).await.unwrap(), None);
    fails(store, [Op::EndSession(revocation(&there(), "one"))], Precondition::SessionThere).await;
    done(store, [Op::InsertSession(session(&there(), "one")), Op::EndSession(revocation(&there(), "one"))]).await;
    assert_eq!(store.session(&here(), &one.id).await.unwrap(), Some(one));
}
