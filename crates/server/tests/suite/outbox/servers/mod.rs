//! Mail servers of all kinds: how many copies each accepts, how often it is tried, and when the operator is notified.

mod table;

use std::time::Duration;

use portcullis_core::port::OutboxState;
use serde_json::json;
use table::{Fate, Row};

use super::{HOUR, MINUTE, outbox};
use crate::support::{
    Log, Person, TestApp, json,
    scripted::{
        Act::{Close, Late, Leave, Say},
        Script, ScriptedServer,
    },
};

const SECOND: Duration = Duration::from_secs(1);
const GOOD: Script = Script::GOOD;

/// Starts a scripted server, and an application that logs in to it.
async fn pair(script: Script, settings: &[(&str, &str)]) -> (ScriptedServer, TestApp) {
    let server = ScriptedServer::start(script).await;
    let port = server.port().to_string();
    let mut all = vec![
        ("MAIL_SERVER", "127.0.0.1"),
        ("MAIL_PORT", &port),
        ("MAIL_STARTTLS", "off"),
        ("MAIL_TIMEOUT", "1s"),
        ("MAIL_REPLY_TIMEOUT", "2s"),
        ("MAIL_USERNAME", "portcullis"),
        ("MAIL_PASSWORD", "secret"),
    ];
    all.extend(settings);
    let app = TestApp::with(&all).await;
    (server, app)
}

/// Advances the clock, in small steps at first.
async fn pass(app: &TestApp, time: Duration) {
    let mut passed = Duration::ZERO;
    while passed < time {
        let step = match passed {
            early if early < MINUTE => 5 * SECOND,
            early if early < HOUR / 4 => MINUTE,
            _ => 5 * MINUTE,
        };
        app.advance(step);
        passed += step;
        app.pump().await;
    }
}

async fn check(row: Row) {
    let (log, _guard) = Log::of_this_thread();
    let name = row.name;
    // If a server offers no authentication, the email is sent without it.
    let knows_no_login = matches!(row.script.ehlo, Say(b"250" | b"500 unknown command" | b"550 no"));
    let (server, mut app) = pair(row.script, &[("USE_CREDENTIALS", if knows_no_login { "off" } else { "on" })]).await;
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    match row.told {
        Some(told) => assert!(log.text().contains(told), "{name}: {}", log.text()),
        None => assert_eq!(log.text(), "", "{name}"),
    }
    pass(&app, row.hours * HOUR).await;

    let events = server.events();
    let (least, most) = row.tries;
    assert!((least..=most).contains(&events.connections), "{name}: {} connections", events.connections);
    assert_eq!(events.copies.len(), row.copies, "{name}: {events:?}");
    app.stop().await;
    let OutboxState { waiting, dead, .. } = outbox(&app).await;
    let fate = match (waiting, dead) {
        (0, 0) => Fate::Sent,
        (0, 1) => Fate::Dead,
        _ => Fate::Waits,
    };
    assert_eq!(fate, row.fate, "{name}");
}

#[tokio::test]
async fn a_server_that_accepts_a_mail_gets_it_once() {
    for row in table::that_accept() {
        check(row).await;
    }
}

#[tokio::test]
async fn a_server_that_rejects_the_sender_pauses_all_mail_and_the_operator_is_told_at_once() {
    for row in table::that_reject_the_sender() {
        check(row).await;
    }
}

#[tokio::test]
async fn a_permanently_rejected_mail_is_tried_once() {
    for row in table::that_reject_the_mail() {
        check(row).await;
    }
}

#[tokio::test]
async fn a_transiently_rejected_mail_is_retried_for_a_day() {
    for row in table::that_put_it_off() {
        check(row).await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_confirm_a_mail_gets_at_most_three_copies() {
    for row in table::that_leave_it_open() {
        check(row).await;
    }
}

#[tokio::test]
async fn further_copies_are_hours_apart() {
    let (server, app) = pair(Script { end: Close, ..GOOD }, &[]).await;
    Person::new("john@example.com").register(&app).await;
    let mut copies = Vec::new();
    for minutes in (0..1440_u32).step_by(10) {
        app.pump().await;
        let so_far = server.events().copies.len();
        assert!(so_far <= copies.len() + 1);
        if so_far > copies.len() {
            copies.push(minutes);
        }
        app.advance(10 * MINUTE);
    }
    assert_eq!(copies, [0, 120, 480], "minutes");
}

#[tokio::test]
async fn a_wrong_smtp_password_causes_few_logins_regardless_of_queued_emails() {
    let (server, app) = pair(Script { auth: Say(b"535 5.7.8 wrong"), ..GOOD }, &[]).await;
    for number in 0..40 {
        Person::new(&format!("john{number}@example.com")).register(&app).await;
    }
    for _ in 0..60 {
        app.pump().await;
        app.advance(SECOND);
    }
    assert_eq!(server.events().count("AUTH"), 2, "one immediately, one after half a minute");
    pass(&app, HOUR).await;
    let logins = server.events().count("AUTH");
    assert!((6..=10).contains(&logins), "{logins} within an hour");

    // The password is fixed: the next attempt succeeds, and nothing is lost.
    server.play(GOOD);
    app.advance(HOUR / 4);
    app.pump().await;
    let mut copies = server.events().copies;
    copies.sort_unstable();
    copies.dedup();
    assert_eq!((copies.len(), server.events().copies.len()), (40, 40));
}

#[tokio::test]
async fn a_connection_that_the_server_ends_costs_no_wait() {
    for next_mail in [Leave(b"421 4.4.2 too many messages"), Say(b"421 too many messages"), Close] {
        let (log, _guard) = Log::of_this_thread();
        let (server, app) = pair(Script { next_mail: Some(next_mail), ..GOOD }, &[]).await;
        for number in 0..5 {
            Person::new(&format!("john{number}@example.com")).register(&app).await;
        }
        app.pump().await;
        let events = server.events();
        assert_eq!((events.copies.len(), events.connections), (5, 5), "{next_mail:?}");
        assert_eq!(log.text(), "", "{next_mail:?}");
    }
}

#[tokio::test]
async fn an_address_beyond_ascii_is_given_up_at_a_server_without_smtputf8_and_holds_up_nothing() {
    let utf8 = Say(b"250-x\r\n250-smtputf8\r\n250 AUTH PLAIN");
    let refusing = Script { ehlo: utf8, mail: Say(b"555 5.5.4 unsupported"), ..GOOD };
    for (script, reason) in [(GOOD, "does not offer SMTPUTF8"), (refusing, "555 5.5.4 to MAIL")] {
        let (log, _guard) = Log::of_this_thread();
        let (server, app) = pair(script, &[]).await;
        Person::new("jørgen@example.com").register(&app).await;
        app.pump().await;
        assert!(log.text().contains("mail rejected") && log.text().contains(reason), "{}", log.text());
        server.play(GOOD);
        Person::new("ada@example.com").register(&app).await;
        app.pump().await;
        assert_eq!(server.events().copies, ["ada@example.com"]);
        pass(&app, HOUR).await;
        assert_eq!(server.events().copies.len(), 1);
    }
    let (server, app) = pair(Script { ehlo: utf8, ..GOOD }, &[]).await;
    Person::new("jørgen@example.com").register(&app).await;
    app.pump().await;
    assert_eq!(server.events().copies, ["jørgen@example.com"]);
}

#[tokio::test]
async fn the_backoff_starts_at_the_end_of_the_last_attempt() {
    let (server, app) = pair(Script { rcpt: Late(Duration::from_millis(500), b"450 later"), ..GOOD }, &[]).await;
    Person::new("john@example.com").register(&app).await;
    // The clock advances while the server is busy.
    tokio::join!(app.pump(), async {
        while server.events().count("RCPT") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.advance(HOUR);
    });
    assert_eq!(server.events().count("RCPT"), 1, "no time has passed since the end of the try");
    app.advance(5 * SECOND);
    app.pump().await;
    assert_eq!(server.events().count("RCPT"), 2);
}

/// Hours later its link would have expired, as stated in the first copy.
#[tokio::test]
async fn a_reset_link_whose_outcome_is_unknown_is_sent_again_only_if_it_is_still_valid_then() {
    for (lifetime, copies) in [("30m", 1), ("12h", 3)] {
        let (log, _guard) = Log::of_this_thread();
        let (server, app) = pair(GOOD, &[("RESET_TTL", lifetime)]).await;
        let john = Person::new("john@example.com").register(&app).await;
        app.pump().await;
        server.play(Script { end: Close, ..GOOD });
        json(app.post_json("/User1/forget_password", json!({ "email": john.email })).await, 200).await;
        app.pump().await;
        assert_eq!(log.text().contains("mail abandoned, outcome unknown"), copies == 1, "{}", log.text());
        pass(&app, 25 * HOUR).await;
        assert_eq!(server.events().copies.len(), 1 + copies, "{lifetime}");
    }
}
