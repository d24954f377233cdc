//! Rows D59 to D62 and D64: a session that has ended stays ended.

use std::{process::Command, time::Duration};

use portcullis_core::{session::LogPosition, suite::Revocations};

use super::{
    UNLIMITED, mailed_reset,
    program::{Visitor, cut_the_power, refusal, start, with_mail},
};
use crate::support::{
    Person, TestApp, json, problem,
    process::{CHEAP, Program},
    smtp::{Options, SmtpServer},
};

#[tokio::test]
async fn d59_a_logout_outlives_a_power_cut() {
    let smtp = SmtpServer::start(Options::default()).await;
    let mut program = with_mail(&smtp, &[]);
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let john = Person::new("john@example.com");
    visitor.join(&smtp, &john).await;
    let (over, goes_on) = (visitor.log_in(&john).await, visitor.log_in(&john).await);
    json(visitor.get_as(&over, "/User1/logout").await, 200).await;

    cut_the_power(&mut program).await;
    problem(visitor.get_as(&over, "/User1/me").await, 401).await;
    problem(visitor.get_as(&over, "/User1/logout").await, 401).await;
    json(visitor.get_as(&goes_on, "/User1/me").await, 200).await;
}

/// The defect concerned two processes with separate caches. Here a second process is rejected.
#[tokio::test]
async fn d60_a_second_process_does_not_serve_from_the_same_database() {
    let first = Program::start(CHEAP).await;
    let database = first.data().join("portcullis.db");
    let mut second = Program::new(CHEAP);
    second.set("DATABASE_URL", &format!("sqlite://{}", database.display()));
    second.set("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let said = refusal(&second);
    assert!(said.contains("another process is already serving"), "{said}");
    json(Visitor::of(&first).get("/health").await, 200).await;
}

#[tokio::test]
async fn d61_without_the_database_every_token_is_rejected() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (over, alive) = (john.log_in(&app).await, john.log_in(&app).await);
    json(app.get_as(&alive, "/User1/me").await, 200).await;
    json(app.get_as(&over, "/User1/logout").await, 200).await;
    app.watched.store_is_away(true);

    problem(app.get_as(&over, "/User1/me").await, 401).await;
    for path in ["/User1/me", "/User1/", "/User1/logout"] {
        problem(app.get_as(&alive, path).await, 503).await;
    }
    problem(app.login("User1", &john.email, &john.password).await, 503).await;
    // Once the store is available again, sessions are accepted as before.
    app.watched.store_is_away(false);
    problem(app.get_as(&over, "/User1/me").await, 401).await;
    json(app.get_as(&alive, "/User1/me").await, 200).await;
}

#[tokio::test]
async fn d62_no_number_of_logouts_is_too_many() {
    let app = TestApp::with(&[UNLIMITED, ("JWT_ISSUER", "https://accounts.example.com/{realm}")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut over = Vec::new();
    for _ in 0..120 {
        let token = john.log_in(&app).await;
        json(app.get_as(&token, "/User1/logout").await, 200).await;
        over.push(token);
    }
    let alive = john.log_in(&app).await;
    let app = app.restart().await;
    for token in &over {
        assert_eq!(app.get_as(token, "/User1/me").await.status(), 401);
    }
    json(app.get_as(&alive, "/User1/me").await, 200).await;
}

/// A write is only acknowledged if it was stored.
#[tokio::test]
async fn d62_a_logout_that_could_not_be_stored_is_no_success() {
    let smtp = SmtpServer::start(Options::default()).await;
    let mut program = with_mail(&smtp, &[UNLIMITED]);
    let visitor = Visitor::of(&program);
    let john = Person::new("john@example.com");
    start(&mut program).await;
    visitor.join(&smtp, &john).await;
    program.kill();

    program.spawn_by(on_a_small_disk(&program));
    program.ready().await;
    let mut tokens = Vec::new();
    let full = loop {
        let login = visitor.try_login(&john).await;
        if login.status() != 200 {
            break login;
        }
        tokens.push(json(login, 200).await["access_token"].as_str().unwrap().to_owned());
        assert!(tokens.len() < 2000, "the disk never fills up");
    };
    assert_eq!(problem(full, 503).await["code"], "unavailable");
    let token = tokens.last().unwrap();
    problem(visitor.get_as(token, "/User1/logout").await, 503).await;
    // The failed logout changed nothing, neither now nor after a power failure.
    json(visitor.get_as(token, "/User1/me").await, 200).await;
    cut_the_power(&mut program).await;
    for token in [&tokens[0], token] {
        json(visitor.get_as(token, "/User1/me").await, 200).await;
    }
    json(visitor.get_as(token, "/User1/logout").await, 200).await;
    problem(visitor.get_as(token, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn d64_revocations_are_removed_when_their_tokens_have_expired() {
    let mut app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let over = john.log_in(&app).await;
    json(app.get_as(&over, "/User1/logout").await, 200).await;
    for _ in 0..2 {
        john.log_in(&app).await;
    }
    let path = mailed_reset(&app, &john.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    // Half an hour for the tokens, plus the tolerated clock difference.
    for (seconds, expected) in [(0, 3), (1804, 3), (1, 0)] {
        app.advance(Duration::from_secs(seconds));
        app.run_maintenance().await;
        app.stop().await;
        let store = app.store().await;
        let (kept, _) = store.revocations_after(LogPosition::default()).await.unwrap();
        assert_eq!(kept.len(), expected, "{seconds} s later");
        drop(store);
        app = app.restart().await;
    }
}

/// Returns a command that runs the program with files of at most several hundred kilobytes.
fn on_a_small_disk(program: &Program) -> Command {
    let plain = program.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\""]).arg(plain.get_program());
    command.current_dir(program.folder()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}
