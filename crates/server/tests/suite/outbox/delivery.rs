//! Each email is delivered once, by one worker, over TLS.

use std::{collections::BTreeMap, fs, time::Duration};

use super::{HOUR, MINUTE, count, link, pair};
use crate::support::{
    Person, TestApp,
    smtp::{Behaviour, CA_PEM, Options, Security, SmtpServer},
};

#[tokio::test]
async fn a_mail_with_an_unknown_outcome_is_resent_unchanged() {
    // A name that does not depend on the port.
    const PUBLIC: &str = "http://accounts.localhost";
    let (server, app) = pair(&[("PUBLIC_URL", PUBLIC)]).await;
    server.behave(Behaviour::DropAfterData);
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
    app.advance(2 * HOUR);
    let app = app.restart().await;
    server.behave(Behaviour::Accept);
    app.pump().await;
    app.advance(HOUR);
    assert_eq!(app.pump().await, 0);

    let mails = server.messages();
    let [first, second] = &mails[..] else { panic!("{} mails came", mails.len()) };
    assert!(first.header("Message-ID").is_some_and(|id| id.len() > 20));
    assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
    assert_eq!(first.links(), second.links());
    assert_eq!((first.subject(), first.text(), first.html()), (second.subject(), second.text(), second.html()));
    let verify = link(first, "verify");
    for _ in 0..2 {
        assert_eq!(app.get(verify.strip_prefix(PUBLIC).unwrap()).await.status(), 200);
    }
    john.log_in(&app).await;
}

#[tokio::test]
async fn an_interrupted_delivery_resumes_at_the_next_start_or_when_its_lease_expires() {
    let (server, app) = pair(&[("MAIL_TIMEOUT", "10s")]).await;
    server.behave(Behaviour::Hang);
    Person::new("john@example.com").register(&app).await;
    // Simulates a process that crashes while it waits for the mail server: nothing is recorded.
    assert!(tokio::time::timeout(Duration::from_millis(500), app.pump()).await.is_err());
    server.behave(Behaviour::Accept);
    let app = app.restart().await;
    if app.is_shared() {
        assert_eq!(app.pump().await, 0, "another server may hold the lease");
        app.advance(Duration::from_secs(39));
        assert_eq!(app.pump().await, 0);
        app.advance(Duration::from_secs(2));
    }
    assert_eq!(app.pump().await, 1);
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_worker_without_its_lease_changes_nothing() {
    let (server, app) = pair(&[("MAIL_TIMEOUT", "1s")]).await;
    server.behave(Behaviour::Hang);
    Person::new("john@example.com").register(&app).await;
    let overtaking = async {
        server_hears(&server, "MAIL").await;
        server.behave(Behaviour::Accept);
        app.advance(Duration::from_secs(5));
        assert_eq!(app.pump().await, 1);
        assert_eq!(server.messages().len(), 1);
    };
    tokio::join!(app.pump(), overtaking);
    app.advance(HOUR);
    assert_eq!(app.pump().await, 0, "the mail is done, and the slow worker does not change that");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn several_workers_send_every_mail_once() {
    let (server, app) = pair(&[]).await;
    for number in 0..100 {
        Person::new(&format!("john{number}@example.com")).register(&app).await;
    }
    let settled = tokio::join!(app.pump(), app.pump(), app.pump(), app.pump());
    assert_eq!(settled.0 + settled.1 + settled.2 + settled.3, 100);
    let mut by_recipient = BTreeMap::<String, usize>::new();
    for mail in server.messages() {
        *by_recipient.entry(mail.to.concat()).or_default() += 1;
    }
    assert_eq!(by_recipient.len(), 100);
    assert!(by_recipient.values().all(|mails| *mails == 1), "{by_recipient:?}");
}

#[tokio::test]
async fn mail_goes_over_starttls_to_a_server_that_proves_who_it_is_and_to_no_other() {
    let credentials = Some(("portcullis".to_owned(), "the mail server's password".to_owned()));
    let server = SmtpServer::start(Options { security: Security::StartTls, credentials, ..Options::default() }).await;
    let authority = tempfile::NamedTempFile::new().unwrap();
    fs::write(authority.path(), CA_PEM).unwrap();
    let port = server.port().to_string();
    let settings = [
        ("MAIL_SERVER", "localhost"),
        ("MAIL_PORT", &port),
        ("MAIL_USERNAME", "portcullis"),
        ("MAIL_PASSWORD", "the mail server's password"),
    ];
    let app = TestApp::with(&settings).await;
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    assert!(server.messages().is_empty(), "no authority vouches for this server");
    assert!(server.commands().iter().all(|command| !command.encrypted && !command.line.starts_with("AUTH")));

    let app = app.restart_with(&[("MAIL_CA_FILE", authority.path().to_str().unwrap())]).await;
    app.advance(MINUTE);
    app.pump().await;
    let mails = server.messages();
    let [mail] = &mails[..] else { panic!("{} mails came", mails.len()) };
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some("portcullis"));
    assert!(server.commands().iter().filter(|command| command.line.starts_with("AUTH")).all(|auth| auth.encrypted));
    assert_eq!(app.open(&link(mail, "verify")).await.status(), 200);
}

async fn server_hears(server: &SmtpServer, verb: &str) {
    while count(server, verb) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_message_waits_for_a_random_time_before_its_hand_over() {
    let (server, app) = pair(&[("MESSAGE_DELAY", "3s")]).await;
    for number in 0..40 {
        Person::new(&format!("john{number}@example.com")).register(&app).await;
    }
    app.advance(Duration::from_millis(499));
    assert_eq!(app.pump().await, 0, "at least half a second");
    let mut sent = Vec::new();
    for _ in 0..5 {
        app.advance(Duration::from_millis(500));
        sent.push(app.pump().await);
    }
    assert!(sent.iter().all(|sent| *sent > 0), "spread over the whole time: {sent:?}");
    app.advance(Duration::from_millis(1));
    app.pump().await;
    assert_eq!(server.messages().len(), 40, "at most three seconds");
}
