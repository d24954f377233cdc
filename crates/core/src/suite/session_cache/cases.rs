//! Sessions are live, revoked or unknown, and never reported as live by mistake.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    id::RealmName,
    port::{SessionCache, SessionStatus},
    session::{Assurance, Session},
    suite::rows::{NOW, at, here, revocation, session, session_id, there, user_id},
};

const SECOND: Duration = Duration::from_secs(1);
/// Live, with the authentication time of the sessions in this suite.
const LIVE: SessionStatus =
    SessionStatus::Live { auth_time: at(-1), assurance: Assurance::OneFactor, impersonator: None };

/// Returns the status of Ada's session with this name.
fn status(known: &dyn SessionCache, realm: &RealmName, session: &str, now: Timestamp) -> SessionStatus {
    known.status(realm, &session_id(session), &user_id("ada"), now)
}

/// Returns a session with this name and user.
fn of(user: &str, name: &str) -> Session {
    Session { user: user_id(user), ..session(&here(), name) }
}

fn seen(known: &dyn SessionCache, realm: &RealmName, name: &str) {
    known.mark_live(&session(realm, name), known.generation());
}

/// This is also true for a synced cache, because the log only contains revocations.
pub async fn an_unseen_session_is_unknown(known: &dyn SessionCache) {
    known.synced(NOW);
    assert_eq!(status(known, &here(), "one", NOW), SessionStatus::Unknown);
}

/// The time comes from the store, and a later read may return a later one.
pub async fn the_time_of_the_authentication_is_known(known: &dyn SessionCache) {
    known.synced(NOW);
    for auth_time in [at(-3600), at(-5)] {
        known.mark_live(&Session { auth_time, ..session(&here(), "one") }, known.generation());
        assert_eq!(
            status(known, &here(), "one", NOW),
            SessionStatus::Live { auth_time, assurance: Assurance::OneFactor, impersonator: None }
        );
    }
}

/// A session stays live while the log is followed.
pub async fn a_session_marked_live_is_live(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    assert_eq!(status(known, &here(), "one", NOW), LIVE);
    known.synced(at(100));
    assert_eq!(status(known, &here(), "one", at(100)), LIVE);
}

/// Earlier revocations are not known until the log has been read.
pub async fn nothing_is_live_before_the_log_was_read(known: &dyn SessionCache) {
    seen(known, &here(), "one");
    assert_eq!(status(known, &here(), "one", NOW), SessionStatus::Unknown);
    assert_eq!(status(known, &here(), "one", Timestamp::default()), SessionStatus::Unknown);
    known.synced(NOW);
    assert_eq!(status(known, &here(), "one", NOW), LIVE);
}

/// A live session becomes unknown after one second without a sync; a revoked one stays revoked.
pub async fn an_unsynced_live_session_is_unknown(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    known.revoke(&[revocation(&here(), "over")]);
    assert_eq!(status(known, &here(), "one", NOW.plus(SECOND)), LIVE);
    let later = NOW.plus(SECOND + Duration::from_millis(1));
    assert_eq!(status(known, &here(), "one", later), SessionStatus::Unknown);
    assert_eq!(status(known, &here(), "over", later), SessionStatus::Revoked);
    known.synced(later);
    assert_eq!(status(known, &here(), "one", later), LIVE);
}

/// The log may have been followed long before the current time.
pub async fn a_clock_set_back_revives_nothing(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    assert_eq!(status(known, &here(), "one", at(-3600)), SessionStatus::Unknown);
}

/// A session belongs to a single user.
pub async fn another_users_session_is_not_live(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    assert_eq!(known.status(&here(), &session_id("one"), &user_id("eve"), NOW), SessionStatus::Unknown);
}

/// It stays revoked until its last access token has expired.
pub async fn a_revoked_session_remains_revoked(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    known.revoke(&[revocation(&here(), "other"), revocation(&here(), "one")]);
    for seconds in [0, 1, 60, 899] {
        assert_eq!(status(known, &here(), "one", at(seconds)), SessionStatus::Revoked);
        known.synced(at(seconds));
        assert_eq!(status(known, &here(), "one", at(seconds)), SessionStatus::Revoked);
        assert_eq!(status(known, &here(), "other", at(seconds)), SessionStatus::Revoked);
    }
    known.synced(at(2000));
    assert_ne!(status(known, &here(), "one", at(2000)), LIVE);
}

/// A reader may read the store just before the revocation, and report the session just after it.
pub async fn a_revoked_session_is_not_marked_live(known: &dyn SessionCache) {
    known.synced(NOW);
    known.revoke(&[revocation(&here(), "one")]);
    seen(known, &here(), "one");
    known.synced(at(1));
    assert_eq!(status(known, &here(), "one", at(1)), SessionStatus::Revoked);
    known.revoke(&[]);
    assert_eq!(status(known, &here(), "one", at(1)), SessionStatus::Revoked);
}

/// The log contains sessions of other processes, and the entry takes effect before the rest of the log is read.
pub async fn a_revocation_needs_no_session_seen_before(known: &dyn SessionCache) {
    known.revoke(&[revocation(&here(), "one")]);
    assert_eq!(status(known, &here(), "one", NOW), SessionStatus::Revoked);
    assert_eq!(status(known, &here(), "other", NOW), SessionStatus::Unknown);
}

/// The same identifier belongs to different sessions in two realms.
pub async fn sessions_of_two_realms_are_separate(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    assert_eq!(status(known, &there(), "one", NOW), SessionStatus::Unknown);
    seen(known, &there(), "one");
    known.revoke(&[revocation(&there(), "one")]);
    assert_eq!(status(known, &here(), "one", NOW), LIVE);
    assert_eq!(status(known, &there(), "one", NOW), SessionStatus::Revoked);
}

/// An invalidation affects all sessions of this user and none of another; a revoked session stays revoked.
pub async fn invalidated_sessions_are_unknown(known: &dyn SessionCache) {
    known.synced(NOW);
    for (realm, session) in [(here(), "one"), (here(), "two"), (there(), "one")] {
        seen(known, &realm, session);
    }
    known.mark_live(&of("eve", "eves"), known.generation());
    known.revoke(&[revocation(&here(), "over")]);
    known.invalidate_user(&here(), &user_id("ada"));
    assert_eq!(status(known, &here(), "one", NOW), SessionStatus::Unknown);
    assert_eq!(status(known, &here(), "two", NOW), SessionStatus::Unknown);
    assert_eq!(status(known, &here(), "over", NOW), SessionStatus::Revoked);
    assert_eq!(status(known, &there(), "one", NOW), LIVE);
    assert_eq!(known.status(&here(), &session_id("eves"), &user_id("eve"), NOW), LIVE);
}

/// Neither following the log nor reading another session ends the invalidation, and it can be repeated.
pub async fn an_invalidation_lasts_until_the_session_is_marked_live(known: &dyn SessionCache) {
    known.synced(NOW);
    known.invalidate_user(&here(), &user_id("ada"));
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    for round in 1..=100 {
        known.invalidate_user(&here(), &user_id("ada"));
        known.synced(at(round));
        assert_eq!(status(known, &here(), "one", at(round)), SessionStatus::Unknown);
        seen(known, &here(), "two");
        assert_eq!(status(known, &here(), "one", at(round)), SessionStatus::Unknown);
        assert_eq!(status(known, &here(), "two", at(round)), LIVE);
        seen(known, &here(), "one");
        assert_eq!(status(known, &here(), "one", at(round)), LIVE);
    }
}

/// A revocation of an invalidated session is recorded; the other sessions become live once they are read again.
pub async fn an_invalidated_session_can_be_revoked(known: &dyn SessionCache) {
    known.synced(NOW);
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    known.invalidate_user(&here(), &user_id("ada"));
    known.revoke(&[revocation(&here(), "one")]);
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    assert_eq!(status(known, &here(), "one", NOW), SessionStatus::Revoked);
    assert_eq!(status(known, &here(), "two", NOW), LIVE);
}

/// This holds for many sessions, in any order.
pub async fn only_the_sessions_of_invalidated_users_are_unknown(known: &dyn SessionCache) {
    const USERS: usize = 50;
    let sessions: Vec<_> = (0..2000).map(|n| of(&format!("user-{}", n % USERS), &format!("session-{n}"))).collect();
    known.synced(NOW);
    for session in &sessions {
        known.mark_live(session, known.generation());
    }
    for n in (0..USERS).step_by(2) {
        known.invalidate_user(&here(), &user_id(&format!("user-{n}")));
    }
    for _ in 0..2 {
        for (n, Session { id, user, .. }) in sessions.iter().enumerate() {
            let answer = if n % 2 == 0 { SessionStatus::Unknown } else { LIVE };
            assert_eq!(known.status(&here(), id, user, NOW), answer, "{id}");
        }
    }
}

/// A reader that read the store before the invalidation returns an outdated result.
pub async fn a_session_read_before_an_invalidation_remains_unknown(known: &dyn SessionCache) {
    known.synced(NOW);
    let mark = known.generation();
    known.invalidate_user(&here(), &user_id("ada"));
    known.mark_live(&session(&here(), "one"), mark);
    assert_eq!(known.status(&here(), &session_id("one"), &user_id("ada"), NOW), SessionStatus::Unknown);
    known.mark_live(&session(&here(), "one"), known.generation());
    assert_eq!(known.status(&here(), &session_id("one"), &user_id("ada"), NOW), LIVE);
}

/// Revocations during the gap may have been swept before they were read.
pub async fn sessions_from_before_a_gap_in_the_log_are_unknown(known: &dyn SessionCache) {
    known.synced(NOW);
    let generation = known.generation();
    seen(known, &here(), "one");
    known.synced(at(1000));
    assert_eq!(status(known, &here(), "one", at(1000)), SessionStatus::Unknown);
    known.mark_live(&session(&here(), "one"), generation);
    assert_eq!(status(known, &here(), "one", at(1000)), SessionStatus::Unknown);
    seen(known, &here(), "one");
    assert_eq!(status(known, &here(), "one", at(1000)), LIVE);
}
