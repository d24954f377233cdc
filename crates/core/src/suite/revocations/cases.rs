//! Live, revoked, unknown: and never live by mistake.

use std::time::Duration;

use crate::{
    clock::Timestamp,
    id::RealmName,
    port::{Answer, Revocations},
    suite::rows::{NOW, at, here, revocation, session_id, there, user_id},
};

const SECOND: Duration = Duration::from_secs(1);

/// About Ada's session of this name.
fn ask(known: &dyn Revocations, realm: &RealmName, session: &str, now: Timestamp) -> Answer {
    known.ask(realm, &session_id(session), &user_id("ada"), now)
}

fn seen(known: &dyn Revocations, realm: &RealmName, session: &str) {
    known.seen_alive(realm, &session_id(session), &user_id("ada"), known.mark());
}

/// Also by one that is up to date: the log says what is over, not what there is.
pub async fn what_was_never_seen_is_unknown(known: &dyn Revocations) {
    known.up_to_date(NOW);
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Unknown);
}

/// While the log is read on.
pub async fn what_was_seen_alive_is_live(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Live);
    known.up_to_date(at(100));
    assert_eq!(ask(known, &here(), "one", at(100)), Answer::Live);
}

/// What was revoked before is not known yet.
pub async fn nothing_is_live_before_the_log_was_read(known: &dyn Revocations) {
    seen(known, &here(), "one");
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Unknown);
    assert_eq!(ask(known, &here(), "one", Timestamp::default()), Answer::Unknown);
    known.up_to_date(NOW);
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Live);
}

/// A second is the limit, and what is over stays over.
pub async fn what_is_out_of_date_is_unknown(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    known.revoke(&[revocation(&here(), "over")]);
    assert_eq!(ask(known, &here(), "one", NOW.plus(SECOND)), Answer::Live);
    let later = NOW.plus(SECOND + Duration::from_millis(1));
    assert_eq!(ask(known, &here(), "one", later), Answer::Unknown);
    assert_eq!(ask(known, &here(), "over", later), Answer::Revoked);
    known.up_to_date(later);
    assert_eq!(ask(known, &here(), "one", later), Answer::Live);
}

/// The log may have been read long ago by then.
pub async fn a_clock_that_was_set_back_makes_nothing_live(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    assert_eq!(ask(known, &here(), "one", at(-3600)), Answer::Unknown);
}

/// A session belongs to one user.
pub async fn another_users_session_is_not_live(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    assert_eq!(known.ask(&here(), &session_id("one"), &user_id("eve"), NOW), Answer::Unknown);
}

/// Until no token of it can be about.
pub async fn what_was_revoked_stays_revoked(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    known.revoke(&[revocation(&here(), "other"), revocation(&here(), "one")]);
    for seconds in [0, 1, 60, 899] {
        assert_eq!(ask(known, &here(), "one", at(seconds)), Answer::Revoked);
        known.up_to_date(at(seconds));
        assert_eq!(ask(known, &here(), "one", at(seconds)), Answer::Revoked);
        assert_eq!(ask(known, &here(), "other", at(seconds)), Answer::Revoked);
    }
    known.up_to_date(at(2000));
    assert_ne!(ask(known, &here(), "one", at(2000)), Answer::Live);
}

/// Somebody may have read the store just before the end, and tell of it just after.
pub async fn what_was_revoked_does_not_come_alive_again(known: &dyn Revocations) {
    known.up_to_date(NOW);
    known.revoke(&[revocation(&here(), "one")]);
    seen(known, &here(), "one");
    known.up_to_date(at(1));
    assert_eq!(ask(known, &here(), "one", at(1)), Answer::Revoked);
    known.revoke(&[]);
    assert_eq!(ask(known, &here(), "one", at(1)), Answer::Revoked);
}

/// The log tells of sessions of other processes, and that does not hang on having read all of it.
pub async fn a_revocation_needs_no_session_seen_before(known: &dyn Revocations) {
    known.revoke(&[revocation(&here(), "one")]);
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Revoked);
    assert_eq!(ask(known, &here(), "other", NOW), Answer::Unknown);
}

/// The same identifier stands for two sessions in two realms.
pub async fn sessions_of_two_realms_are_apart(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    assert_eq!(ask(known, &there(), "one", NOW), Answer::Unknown);
    seen(known, &there(), "one");
    known.revoke(&[revocation(&there(), "one")]);
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Live);
    assert_eq!(ask(known, &there(), "one", NOW), Answer::Revoked);
}

/// All sessions of that user; nobody else's, and what is over stays over.
pub async fn what_is_doubted_is_unknown(known: &dyn Revocations) {
    known.up_to_date(NOW);
    for (realm, session) in [(here(), "one"), (here(), "two"), (there(), "one")] {
        seen(known, &realm, session);
    }
    known.seen_alive(&here(), &session_id("eves"), &user_id("eve"), known.mark());
    known.revoke(&[revocation(&here(), "over")]);
    known.doubt(&here(), &user_id("ada"));
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Unknown);
    assert_eq!(ask(known, &here(), "two", NOW), Answer::Unknown);
    assert_eq!(ask(known, &here(), "over", NOW), Answer::Revoked);
    assert_eq!(ask(known, &there(), "one", NOW), Answer::Live);
    assert_eq!(known.ask(&here(), &session_id("eves"), &user_id("eve"), NOW), Answer::Live);
}

/// Reading the log on does not do, nor that another session is seen; and it may be doubted as often as one likes.
pub async fn doubt_lasts_until_the_session_is_seen_again(known: &dyn Revocations) {
    known.up_to_date(NOW);
    known.doubt(&here(), &user_id("ada"));
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    for round in 1..=100 {
        known.doubt(&here(), &user_id("ada"));
        known.up_to_date(at(round));
        assert_eq!(ask(known, &here(), "one", at(round)), Answer::Unknown);
        seen(known, &here(), "two");
        assert_eq!(ask(known, &here(), "one", at(round)), Answer::Unknown);
        assert_eq!(ask(known, &here(), "two", at(round)), Answer::Live);
        seen(known, &here(), "one");
        assert_eq!(ask(known, &here(), "one", at(round)), Answer::Live);
    }
}

/// The log tells which ones were meant; the others are seen alive again.
pub async fn what_was_doubted_ends_like_any_other(known: &dyn Revocations) {
    known.up_to_date(NOW);
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    known.doubt(&here(), &user_id("ada"));
    known.revoke(&[revocation(&here(), "one")]);
    seen(known, &here(), "one");
    seen(known, &here(), "two");
    assert_eq!(ask(known, &here(), "one", NOW), Answer::Revoked);
    assert_eq!(ask(known, &here(), "two", NOW), Answer::Live);
}

/// However many there are, and in whatever order they were seen.
pub async fn of_many_only_those_of_the_doubted_are_unknown(known: &dyn Revocations) {
    const USERS: usize = 50;
    let sessions: Vec<_> =
        (0..2000).map(|n| (session_id(&format!("session-{n}")), user_id(&format!("user-{}", n % USERS)))).collect();
    known.up_to_date(NOW);
    for (session, user) in &sessions {
        known.seen_alive(&here(), session, user, known.mark());
    }
    for n in (0..USERS).step_by(2) {
        known.doubt(&here(), &user_id(&format!("user-{n}")));
    }
    for _ in 0..2 {
        for (n, (session, user)) in sessions.iter().enumerate() {
            let answer = if n % 2 == 0 { Answer::Unknown } else { Answer::Live };
            assert_eq!(known.ask(&here(), session, user, NOW), answer, "{session}");
        }
    }
}

/// Whoever asked the store before the doubt brings back an answer from before it.
pub async fn what_was_read_before_a_doubt_stays_doubted(known: &dyn Revocations) {
    known.up_to_date(NOW);
    let mark = known.mark();
    known.doubt(&here(), &user_id("ada"));
    known.seen_alive(&here(), &session_id("one"), &user_id("ada"), mark);
    assert_eq!(known.ask(&here(), &session_id("one"), &user_id("ada"), NOW), Answer::Unknown);
    known.seen_alive(&here(), &session_id("one"), &user_id("ada"), known.mark());
    assert_eq!(known.ask(&here(), &session_id("one"), &user_id("ada"), NOW), Answer::Live);
}
