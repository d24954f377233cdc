//! Shutdown of the program.

use std::time::{Duration, Instant};

use serde_json::json as value;

use super::names;
use crate::{
    sms::{
        FROM, PHONE,
        twilio::{self, AUTH_TOKEN, SID, Twilio},
    },
    support::{
        Person,
        database::Database,
        json, problem,
        process::{CHEAP, Program, client},
        scripted::{Act, Script, ScriptedServer},
        smtp::{Behaviour, Options, SmtpServer},
    },
};

#[tokio::test]
async fn a_started_request_is_completed_before_the_program_exits() {
    // About one second per hash, with enough time on a busy machine.
    let slow = [("ARGON2_MEMORY_KIB", "65536"), ("ARGON2_ITERATIONS", "20"), ("SHUTDOWN_GRACE", "60s")];
    let mut program = Program::start(&slow).await;
    let login = client()
        .post(program.url("/User1/login"))
        .form(&[("username", "unknown@example.com"), ("password", "securepassword123")])
        .send();
    let login = tokio::spawn(login);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!login.is_finished(), "the hash is too cheap for this test");
    program.ask_to_stop();
    let (answer, status) = tokio::join!(login, program.ended());
    let answer = json(answer.unwrap().expect("a response"), 401).await;
    assert_eq!(answer["detail"], "Invalid email or password");
    assert_eq!(status.code(), Some(0), "{}", program.log());
    assert!(program.log().contains("stopped"), "{}", program.log());
}

#[tokio::test]
async fn refusals_that_were_only_counted_are_in_the_audit_trail_after_the_end() {
    let mut program = Program::start(CHEAP).await;
    for _ in 0..3 {
        let form = [("username", "unknown@example.com"), ("password", "securepassword123")];
        let login = client().post(program.url("/User1/login")).form(&form);
        problem(login.send().await.unwrap(), 401).await;
    }
    assert_eq!(program.stop().await.code(), Some(0));
    assert_eq!(Database::Sqlite.count(&program.data(), "audit").await, 2, "the first, and the others together");
}

#[tokio::test]
async fn a_stopping_server_is_immediately_not_ready_but_serves_during_the_drain_delay() {
    let mut program = Program::start(&[CHEAP, &[("DRAIN_DELAY", "3s")]].concat()).await;
    let kept = client();
    json(kept.get(program.url("/livez")).send().await.unwrap(), 200).await;
    let begin = Instant::now();
    program.ask_to_stop();
    while kept.get(program.url("/readyz")).send().await.unwrap().status() != 503 {
        assert!(begin.elapsed() < Duration::from_secs(1), "it stays ready");
    }
    while begin.elapsed() < Duration::from_secs(2) {
        for http in [&kept, &client()] {
            let answer = http.get(program.url("/livez")).send().await.unwrap();
            assert_eq!(answer.headers()["connection"], "close", "a proxy uses no connection that is about to end");
            json(answer, 200).await;
        }
    }
    assert_eq!(program.ended().await.code(), Some(0), "{}", program.log());
    assert!(begin.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end_whichever_signal_asks() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut program = Program::start(CHEAP).await;
        let http = client();
        http.get(program.url("/livez")).send().await.unwrap().text().await.unwrap();
        let _silent = tokio::net::TcpStream::connect(("127.0.0.1", program.port())).await.unwrap();
        let begin = Instant::now();
        program.signal(signal);
        assert_eq!(program.ended().await.code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        let mut data = names(&program.data());
        data.retain(|name| name.starts_with("portcullis.db-"));
        assert!(data.is_empty(), "the log is folded into the database: {data:?}");
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_the_end_for_the_grace_and_the_mail_goes_at_the_next_start() {
    let server = SmtpServer::start(Options::default()).await;
    server.behave(Behaviour::Hang);
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    settings.extend([("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]);
    settings.push(("SHUTDOWN_GRACE", "1s"));
    let mut program = Program::start(&settings).await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("john@example.com").form());
    json(create.send().await.unwrap(), 200).await;
    while !server.commands().iter().any(|command| command.line.starts_with("MAIL")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begin = Instant::now();
    assert_eq!(program.stop().await.code(), Some(0), "{}", program.log());
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");

    // The lease was released, so the email does not wait two minutes for its expiry.
    server.behave(Behaviour::Accept);
    program.spawn();
    assert_eq!(server.wait_for(1).await[0].to, ["john@example.com"]);
}

/// The server has received the email and is slow to confirm it. A copy at each restart would be too many.
#[tokio::test]
async fn a_mail_that_may_have_been_taken_when_the_program_is_stopped_is_not_sent_again_at_the_next_start() {
    let server = ScriptedServer::start(Script { end: Act::Hang, ..Script::GOOD }).await;
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    settings.extend([("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]);
    settings.push(("SHUTDOWN_GRACE", "1s"));
    let mut program = Program::start(&settings).await;
    for email in ["john@example.com", "jane@example.com"] {
        let create = client().post(program.url("/User1/create")).json(&Person::new(email).form());
        json(create.send().await.unwrap(), 200).await;
    }
    while server.events().copies.len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(program.stop().await.code(), Some(0), "{}", program.log());
    assert_eq!(program.log().matches("mail outcome unknown").count(), 2, "{}", program.log());

    server.play(Script::GOOD);
    program.spawn();
    program.ready().await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("ada@example.com").form());
    json(create.send().await.unwrap(), 200).await;
    while !server.events().copies.contains(&"ada@example.com".to_owned()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.events().copies.len(), 3);
}

/// Each SMS costs money.
#[tokio::test]
async fn a_code_that_may_have_been_taken_when_the_program_is_stopped_is_sent_once_more_at_most() {
    let (mails, twilio) = (SmtpServer::start(Options::default()).await, Twilio::start().await);
    let (port, url) = (mails.port().to_string(), twilio.url());
    let mut settings = CHEAP.to_vec();
    settings.extend([("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]);
    settings.extend([("TWILIO_SID", SID), ("TWILIO_AUTH_TOKEN", AUTH_TOKEN), ("TWILIO_NUMBER", FROM)]);
    settings.extend([("TWILIO_API_URL", &*url), ("SHUTDOWN_GRACE", "1s")]);
    let mut program = Program::start(&settings).await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("john@example.com").form());
    let created = json(create.send().await.unwrap(), 200).await;
    let mail = mails.wait_for(1).await.remove(0);
    let link = mail.links().into_iter().find(|link| link.contains("/verify?token=")).unwrap();
    let (_, path) = link.split_once("/User1/").unwrap();
    assert_eq!(client().get(program.url(&format!("/User1/{path}"))).send().await.unwrap().status(), 200);

    twilio.behave(twilio::Behaviour::Hang);
    let asked = value!({ "id": created["id"], "phone": PHONE });
    json(client().post(program.url("/User1/otp_phone")).json(&asked).send().await.unwrap(), 200).await;
    for tries in 1..=2 {
        while twilio.requests().len() < tries {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(program.stop().await.code(), Some(0), "{}", program.log());
        assert_eq!(program.log().contains("sms abandoned, outcome unknown"), tries == 2, "{}", program.log());
        program.spawn();
        program.ready().await;
    }
}

#[tokio::test]
async fn a_mail_in_hand_when_the_program_is_killed_goes_at_the_next_start() {
    let server = SmtpServer::start(Options::default()).await;
    server.behave(Behaviour::Hang);
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    settings.extend([("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]);
    let mut program = Program::start(&settings).await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("john@example.com").form());
    json(create.send().await.unwrap(), 200).await;
    while !server.commands().iter().any(|command| command.line.starts_with("MAIL")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    program.kill();
    server.behave(Behaviour::Accept);
    program.spawn();
    assert_eq!(server.wait_for(1).await[0].to, ["john@example.com"]);
    assert!(program.log().contains("leases of a killed process released"), "{}", program.log());
}

#[cfg(feature = "mongodb")]
#[tokio::test]
async fn a_signal_is_handled_while_startup_waits_for_the_database() {
    for url in ["mongodb://127.0.0.1:9/auth", "mongodb+srv://database.invalid/auth"] {
        let mut program = Program::new(CHEAP);
        program.set("DATABASE_URL", url);
        program.set("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        program.set("ENVIRONMENT", "development");
        program.spawn();
        let begun = Instant::now();
        while !program.log().contains("waiting for the database") {
            assert!(program.is_running() && begun.elapsed() < Duration::from_secs(30), "{}", program.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let asked = Instant::now();
        assert_eq!(program.stop().await.code(), Some(0), "{}", program.log());
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    }
}
