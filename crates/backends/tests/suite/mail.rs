use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis_backends::{
    dev_mailbox::DevMailbox,
    mail::{BadSettings, Security, SmtpSender, SmtpSettings, connect_to_first},
};
use portcullis_core::{
    account::email::EmailAddress,
    clock::{Clock, ManualClock, Timestamp},
    message::Mail,
    port::{MailSender, Mailbox, SendError, Transit},
};

use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

use smtp::{Behaviour, Options, Security as Offered, SmtpServer};

#[path = "../support/smtp.rs"]
mod smtp;

const PASSWORD: &str = "the mail server's password";
const WAYS: [(Security, Offered); 3] = [
    (Security::Plain, Offered::Plain),
    (Security::StartTls, Offered::StartTls),
    (Security::ImplicitTls, Offered::ImplicitTls),
];

/// A clock at Sunday, 9 September 2001, 01:46:40 UTC.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000_000)))
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        server: "localhost".to_owned(),
        port,
        security: Security::Plain,
        credentials: None,
        validate_certs: true,
        ca_pem: Some(smtp::CA_PEM.to_vec()),
        from: "accounts@example.org".to_owned(),
        from_name: "Example".to_owned(),
        helo: None,
        timeout: Duration::from_secs(10),
        reply_timeout: Duration::from_secs(10),
        pool_size: 2,
    }
}

fn credentials(password: &str) -> Option<(String, portcullis_core::SecretString)> {
    Some(("portcullis".to_owned(), password.into()))
}

fn demanded() -> Option<(String, String)> {
    Some(("portcullis".to_owned(), PASSWORD.to_owned()))
}

fn sender(settings: SmtpSettings) -> SmtpSender {
    SmtpSender::new(settings, clock()).unwrap()
}

fn mail() -> Mail {
    Mail {
        message_id: "k3v8q2m1".to_owned(),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        subject: "Please confirm your address".to_owned(),
        text: "Hello Ada,\n\nhttps://example.org/verify?token=abc\n".to_owned(),
        html: "<p>Hello Ada, <a href=\"https://example.org/verify?token=abc\">confirm</a></p>\n".to_owned(),
        links: vec!["https://example.org/verify?token=abc".to_owned()],
        code: None,
    }
}

/// Starts a server with these options, and a sender for it.
async fn pair(options: Options, change: impl FnOnce(&mut SmtpSettings)) -> (SmtpServer, SmtpSender) {
    let server = SmtpServer::start(options).await;
    let mut settings = settings(server.port());
    change(&mut settings);
    (server, sender(settings))
}

async fn plain_pair() -> (SmtpServer, SmtpSender) {
    pair(Options::default(), |_| {}).await
}

/// Returns the message of a transient failure.
fn transient(outcome: Result<(), SendError>) -> String {
    match outcome {
        Err(SendError::Transient(cause)) => cause.to_string(),
        other => panic!("not transient: {other:?}"),
    }
}

/// Returns the message of a failure that affects every mail.
fn route(outcome: Result<(), SendError>) -> String {
    match outcome {
        Err(SendError::Route(cause)) => cause.to_string(),
        other => panic!("not about the way: {other:?}"),
    }
}

/// Returns the message of a failure with an unknown outcome.
fn unknown(outcome: Result<(), SendError>) -> String {
    match outcome {
        Err(SendError::Unknown(cause)) => cause.to_string(),
        other => panic!("not unknown: {other:?}"),
    }
}

#[tokio::test]
async fn mail_is_delivered_with_every_encryption_with_and_without_login() {
    for (security, offered) in WAYS {
        for log_in in [false, true] {
            let options =
                Options { security: offered, credentials: demanded().filter(|_| log_in), ..Options::default() };
            let (server, sender) = pair(options, |settings| {
                settings.security = security;
                settings.credentials = credentials(PASSWORD).filter(|_| log_in);
            })
            .await;
            sender.send(&mail(), &Transit::default()).await.unwrap();
            let [message] = server.wait_for(1).await.try_into().unwrap();
            assert_eq!(message.from, "accounts@example.org");
            assert_eq!(message.to, ["ada@example.com"]);
            assert_eq!(message.text(), mail().text);
            assert_eq!(message.html(), mail().html);
            assert_eq!(message.links(), mail().links);
            assert_eq!(message.encrypted, security != Security::Plain, "{security:?}");
            assert_eq!(message.user.is_some(), log_in, "{security:?}");
            let said_in_plain = server.commands().into_iter().filter(|command| !command.encrypted);
            if security != Security::Plain {
                assert!(said_in_plain.map(|command| command.line).all(|line| {
                    security == Security::StartTls && (line.starts_with("EHLO ") || line == "STARTTLS")
                }));
            }
        }
    }
}

#[tokio::test]
async fn auth_login_is_used_if_plain_is_not_offered() {
    let options = Options { security: Offered::StartTls, credentials: demanded(), mechanisms: "LOGIN" };
    let (server, sender) = pair(options, |settings| {
        settings.security = Security::StartTls;
        settings.credentials = credentials(PASSWORD);
    })
    .await;
    sender.send(&mail(), &Transit::default()).await.unwrap();
    assert_eq!(server.messages()[0].user.as_deref(), Some("portcullis"));
}

#[tokio::test]
async fn a_failed_login_concerns_the_route_and_not_the_message() {
    let strict = || Options { credentials: demanded(), ..Options::default() };
    let (server, sender) = pair(strict(), |settings| settings.credentials = credentials("wrong")).await;
    assert_eq!(route(sender.send(&mail(), &Transit::default()).await), "the mail server answered 535 5.7.8 to AUTH");
    assert!(server.messages().is_empty());

    let (_server, sender) = pair(strict(), |_| {}).await;
    assert_eq!(route(sender.send(&mail(), &Transit::default()).await), "the mail server answered 530 5.7.0 to MAIL");

    let open = Options::default();
    let (server, sender) = pair(open, |settings| settings.credentials = credentials(PASSWORD)).await;
    route(sender.send(&mail(), &Transit::default()).await);
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_without_starttls() {
    let options = Options { credentials: demanded(), ..Options::default() };
    let (server, sender) = pair(options, |settings| {
        settings.security = Security::StartTls;
        settings.credentials = credentials(PASSWORD);
    })
    .await;
    let cause = route(sender.send(&mail(), &Transit::default()).await);
    assert!(cause.contains("STARTTLS"), "{cause}");
    assert!(server.commands().iter().all(|command| command.line.starts_with("EHLO ") || command.line == "QUIT"));
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn a_reply_injected_before_tls_is_not_accepted() {
    let options = Options { security: Offered::StartTls, ..Options::default() };
    let (server, sender) = pair(options, |settings| settings.security = Security::StartTls).await;
    server.behave(Behaviour::InjectAtStartTls);
    route(sender.send(&mail(), &Transit::default()).await);
    assert!(!server.commands().iter().any(|command| command.encrypted));
    assert!(server.messages().is_empty());
    server.behave(Behaviour::Accept);
    sender.send(&mail(), &Transit::default()).await.unwrap();
}

#[tokio::test]
async fn the_server_certificate_must_be_trusted() {
    for (security, offered) in [WAYS[1], WAYS[2]] {
        let options = || Options { security: offered, ..Options::default() };
        let (_server, sender) = pair(options(), |settings| {
            settings.security = security;
            settings.server = "127.0.0.1".to_owned();
        })
        .await;
        sender.send(&mail(), &Transit::default()).await.unwrap();

        let (server, sender) = pair(options(), |settings| {
            settings.security = security;
            settings.ca_pem = None;
        })
        .await;
        let cause = route(sender.send(&mail(), &Transit::default()).await);
        assert!(cause.contains("certificate"), "{cause}");
        assert!(server.messages().is_empty());

        let (_server, sender) = pair(options(), |settings| {
            settings.security = security;
            settings.ca_pem = None;
            settings.validate_certs = false;
        })
        .await;
        sender.send(&mail(), &Transit::default()).await.unwrap();
    }
}

#[test]
fn a_password_is_sent_unencrypted_to_loopback_only() {
    let refused = |server: &str, security, credentials| {
        let settings = SmtpSettings { server: server.to_owned(), security, credentials, ..settings(25) };
        match SmtpSender::new(settings, clock()) {
            Ok(_) => false,
            Err(BadSettings::PlainCredentials) => true,
            Err(other) => panic!("{other:?}"),
        }
    };
    for server in ["mail.example.org", "192.0.2.1", "[2001:db8::1]", "localhost.example.org"] {
        assert!(refused(server, Security::Plain, credentials(PASSWORD)), "{server}");
        assert!(!refused(server, Security::Plain, None), "{server}");
        assert!(!refused(server, Security::StartTls, credentials(PASSWORD)), "{server}");
        assert!(!refused(server, Security::ImplicitTls, credentials(PASSWORD)), "{server}");
    }
    for server in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
        assert!(!refused(server, Security::Plain, credentials(PASSWORD)), "{server}");
    }
}

#[test]
fn invalid_settings_are_rejected() {
    let tls = || SmtpSettings { security: Security::StartTls, ..settings(587) };
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let ca_pem = Some(pem.into());
        let outcome = SmtpSender::new(SmtpSettings { ca_pem, ..tls() }, clock());
        assert!(matches!(outcome, Err(BadSettings::Certificates)), "{pem:?}");
    }
    for from in ["", "nobody", "@example.org", "a@b\r\nBcc: c@example.org"] {
        let from = from.to_owned();
        let outcome = SmtpSender::new(SmtpSettings { from, ..tls() }, clock());
        assert!(matches!(outcome, Err(BadSettings::From)));
    }
}

#[tokio::test]
async fn a_message_has_exactly_the_expected_headers() {
    let (server, sender) = plain_pair().await;
    sender.send(&mail(), &Transit::default()).await.unwrap();
    let message = &server.messages()[0];
    let expected = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
    assert_eq!(message.header_names(), expected);
    let header = |name| message.header(name).unwrap();
    assert_eq!(header("From"), "Example <accounts@example.org>");
    assert_eq!(header("To"), "ada@example.com");
    assert_eq!(header("Subject"), "Please confirm your address");
    assert_eq!(header("Date"), "Sun, 09 Sep 2001 01:46:40 +0000");
    assert_eq!(header("Message-ID"), "<k3v8q2m1@example.org>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Content-Type").starts_with("multipart/alternative;"));
    assert_eq!(message.raw.matches("charset=utf-8").count(), 2);
}

#[tokio::test]
async fn non_ascii_text_is_delivered_intact() {
    let (server, sender) = pair(Options::default(), |settings| {
        settings.from_name = "Übergrößenträger „Łódź“ (東京), Inc.".to_owned();
        settings.from = "konten@bücher.example".to_owned();
    })
    .await;
    let long = "Žluťoučký kůň 🐎 ".repeat(200);
    for text in [
        "Grüße, Ærøskøbing!\n".to_owned(),
        "見出し\n\n本文です。\n".to_owned(),
        "a = b, soft=\n\n.\n..\n.leading dots\ntrailing blank \n".to_owned(),
        format!("{}\n", "x".repeat(3000)),
        format!("{}\n", long.trim()),
    ] {
        let mail = Mail {
            subject: format!("Bestätigen Sie bitte, {}", long.trim()),
            html: format!("<p>{text}</p>\n"),
            text,
            ..mail()
        };
        sender.send(&mail, &Transit::default()).await.unwrap();
        let message = server.messages().pop().unwrap();
        assert_eq!(message.subject(), mail.subject);
        assert_eq!(message.text(), mail.text);
        assert_eq!(message.html(), mail.html);
        assert_eq!(message.from, "konten@xn--bcher-kva.example");
        let from = message.header("From").unwrap();
        assert!(from.contains("Übergrößenträger „Łódź“ (東京), Inc."), "{from}");
        assert!(message.raw.is_ascii());
        assert!(message.raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}

#[tokio::test]
async fn a_non_ascii_address_is_delivered_to() {
    let (server, sender) = plain_pair().await;
    let to = EmailAddress::parse("žofie@bücher.example").unwrap();
    sender.send(&Mail { to, ..mail() }, &Transit::default()).await.unwrap();
    assert_eq!(server.messages()[0].to, ["žofie@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn every_address_that_the_core_accepts_can_be_written_to() {
    let (server, sender) = plain_pair().await;
    for raw in ["a!#$%&'*+-/=?^_`{|}~b@example.com", "x@a-b.c-d.example", "1@2.example", "o'neil+tag@example.com"] {
        let to = EmailAddress::parse(raw).unwrap();
        sender.send(&Mail { to, ..mail() }, &Transit::default()).await.unwrap();
        let message = server.messages().pop().unwrap();
        assert_eq!(message.to, [raw]);
        assert_eq!(message.header("To").as_deref(), Some(raw));
    }
}

#[tokio::test]
async fn no_header_can_be_injected() {
    let wicked = [
        "Hello\r\nBcc: eve@example.net",
        "Hello\nBcc: eve@example.net",
        "Hello\rBcc: eve@example.net",
        "Hello\r\n\r\nBcc: eve@example.net",
        "Hello\r\n.\r\nMAIL FROM:<eve@example.net>",
        "Grüße\r\nBcc: eve@example.net",
        "\0\u{b}\u{85}\u{2028}Bcc: eve@example.net",
        "\" <eve@example.net>, \"",
        "=?utf-8?q?=0D=0ABcc:_eve@example.net?=",
    ];
    for text in wicked {
        let (server, sender) = pair(Options::default(), |settings| settings.from_name = text.to_owned()).await;
        let mail = Mail {
            subject: text.to_owned(),
            message_id: format!("id>{text}"),
            text: format!("{text}\n"),
            html: format!("{text}\n"),
            ..mail()
        };
        sender.send(&mail, &Transit::default()).await.unwrap();
        let messages = server.messages();
        assert_eq!(messages.len(), 1, "{text:?}");
        let message = &messages[0];
        assert_eq!(message.to, ["ada@example.com"]);
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(message.header_names(), expected, "{text:?}");
        assert!(message.raw.split("\r\n").all(|line| !line.contains(['\r', '\n'])), "{text:?}");
        let id = message.header("Message-ID").unwrap();
        assert!(id.starts_with("<id") && id.ends_with("@example.org>"), "{id}");
        assert!(!server.commands().iter().any(|command| command.line.contains("eve")), "{text:?}");
    }
}

#[tokio::test]
async fn permanent_and_transient_rejections_are_distinguished() {
    let (server, sender) = plain_pair().await;
    for answer in [
        "550",
        "550 mailbox unavailable",
        "550 5.1.1 <ada@example.com>: no such user",
        "553 5.1.3 bad address",
        "551 5.1.6 moved",
        "556 5.1.10 null MX",
        "550-5.1.1 The account that you tried\r\n550 5.1.1 to reach does not exist",
        "550 Requested action not taken: mailbox unavailable (#5.1.1)",
        "550 5.7.1 relaying denied",
        "552 5.2.2 mailbox full",
        "554 5.7.1 spam",
    ] {
        for behaviour in [Behaviour::RejectRecipient(answer.to_owned()), Behaviour::RejectMessage(answer.to_owned())] {
            server.behave(behaviour);
            let outcome = sender.send(&mail(), &Transit::default()).await;
            assert!(matches!(outcome, Err(SendError::Permanent(_))), "{answer}: {outcome:?}");
        }
    }
    for answer in
        ["450 4.1.1 greylisted", "451 4.3.0 later", "421 4.7.0 too many connections", "450 5.1.1 of two minds"]
    {
        for behaviour in [Behaviour::RejectRecipient(answer.to_owned()), Behaviour::RejectMessage(answer.to_owned())] {
            server.behave(behaviour);
            transient(sender.send(&mail(), &Transit::default()).await);
        }
    }
    server.behave(Behaviour::RejectRecipient("530 5.7.0 Authentication required".to_owned()));
    route(sender.send(&mail(), &Transit::default()).await);
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn the_log_of_a_rejection_never_contains_the_recipient() {
    let (server, sender) = plain_pair().await;
    for (answer, expected) in [
        ("550 5.1.1 <ada@example.com> unknown", "the mail server answered 550 5.1.1 to RCPT"),
        ("550 ada@example.com unknown", "the mail server answered 550 to RCPT"),
        ("421 4.7.0 ada@example.com again", "the mail server answered 421 4.7.0 to RCPT"),
        ("ada@example.com", "the mail server closed the connection or sent an invalid reply"),
    ] {
        server.behave(Behaviour::RejectRecipient(answer.to_owned()));
        let (SendError::Permanent(cause)
        | SendError::Transient(cause)
        | SendError::Unknown(cause)
        | SendError::Throttled(cause, _)
        | SendError::Route(cause)) = sender.send(&mail(), &Transit::default()).await.unwrap_err();
        assert_eq!(cause.to_string(), expected);
        assert!(!format!("{cause:?}").contains("ada@"));
        assert!(cause.source().is_none());
    }
}

#[tokio::test]
async fn an_unreachable_server_is_a_transient_failure() {
    let server = SmtpServer::start(Options::default()).await;
    let sender = sender(settings(server.port()));
    server.behave(Behaviour::Refuse);
    transient(sender.send(&mail(), &Transit::default()).await);
    drop(server);
    tokio::task::yield_now().await;
    let cause = transient(sender.send(&mail(), &Transit::default()).await);
    assert!(cause.contains("refused"), "{cause}");
}

#[tokio::test]
async fn a_hanging_server_times_out_and_its_connection_is_closed() {
    let (server, sender) = pair(Options::default(), |settings| settings.timeout = Duration::from_millis(200)).await;
    sender.send(&mail(), &Transit::default()).await.unwrap();
    server.behave(Behaviour::Hang);
    let transit = Transit::default();
    assert_eq!(transient(sender.send(&mail(), &transit).await), "the mail server took too long");
    assert!(!transit.has_begun(), "the server cannot have the mail");
    server.behave(Behaviour::Accept);
    sender.send(&mail(), &Transit::default()).await.unwrap();
    assert_eq!(server.messages().len(), 2);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_mail_with_a_lost_reply_is_sent_again_with_the_same_message_id() {
    let (server, sender) = plain_pair().await;
    server.behave(Behaviour::DropAfterData);
    assert_eq!(
        unknown(sender.send(&mail(), &Transit::default()).await),
        "the mail server closed the connection or sent an invalid reply after the message"
    );
    server.behave(Behaviour::Accept);
    sender.send(&mail(), &Transit::default()).await.unwrap();
    let ids = server.wait_for(2).await.into_iter().map(|message| message.header("Message-ID").unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), ["<k3v8q2m1@example.org>", "<k3v8q2m1@example.org>"]);
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_next_mail() {
    let (server, sender) = pair(Options::default(), |settings| settings.pool_size = 1).await;
    for _ in 0..3 {
        sender.send(&mail(), &Transit::default()).await.unwrap();
    }
    assert_eq!((server.messages().len(), server.connections()), (3, 1));
    server.behave(Behaviour::RejectRecipient("450 4.2.0 later".to_owned()));
    transient(sender.send(&mail(), &Transit::default()).await);
    server.behave(Behaviour::Accept);
    sender.send(&mail(), &Transit::default()).await.unwrap();
    assert_eq!((server.messages().len(), server.connections()), (4, 2));
}

/// The first address silently drops packets, as a firewall does.
#[tokio::test]
async fn the_next_address_is_tried_after_two_seconds_and_the_first_response_wins() {
    let full = FullListener::new().await;
    let server = SmtpServer::start(Options::default()).await;
    let open = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let begun = Instant::now();
    let stream = connect_to_first(vec![full.address(), open]).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), open);
    assert!((1900..4000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

    // An address that refuses the connection causes no wait, and the order of addresses is kept.
    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    let begun = Instant::now();
    assert_eq!(connect_to_first(vec![closed, open, full.address()]).await.unwrap().peer_addr().unwrap(), open);
    assert!(begun.elapsed() < Duration::from_secs(1));
    connect_to_first(vec![closed]).await.unwrap_err();
    connect_to_first(Vec::new()).await.unwrap_err();
}

#[tokio::test]
async fn this_server_introduces_itself_by_the_name_it_was_given_or_its_address() {
    let said = async |helo: Option<&str>| {
        let (server, sender) = pair(Options::default(), |settings| {
            settings.server = "127.0.0.1".to_owned();
            settings.helo = helo.map(str::to_owned);
        })
        .await;
        sender.send(&mail(), &Transit::default()).await.unwrap();
        server.commands().remove(0).line
    };
    assert_eq!(said(Some("accounts.example.org")).await, "EHLO accounts.example.org");
    assert_eq!(said(None).await, "EHLO [127.0.0.1]");
}

#[tokio::test]
async fn no_mail_goes_to_an_address_that_a_server_may_decode() {
    let (server, sender) = plain_pair().await;
    let to = EmailAddress::stored("=?utf-8?q?eve=40example.net?=@example.com").unwrap();
    let outcome = sender.send(&Mail { to, ..mail() }, &Transit::default()).await;
    assert!(matches!(outcome, Err(SendError::Permanent(_))), "{outcome:?}");
    assert_eq!(server.connections(), 0);
}

/// A listener that accepts nothing and has a full backlog, so that further connections hang.
struct FullListener(TcpListener, #[expect(dead_code, reason = "they fill the queue")] Vec<TcpStream>);

impl FullListener {
    async fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            queue.push(stream.unwrap());
            assert!(queue.len() < 1000, "the queue never fills");
        }
        Self(listener, queue)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed() {
    let (server, sender) = pair(Options::default(), |settings| settings.pool_size = 2).await;
    let sender = Arc::new(sender);
    let sending: Vec<_> = (0..20)
        .map(|_| {
            let sender = Arc::clone(&sender);
            tokio::spawn(async move { sender.send(&mail(), &Transit::default()).await.unwrap() })
        })
        .collect();
    for sent in sending {
        sent.await.unwrap();
    }
    assert_eq!(server.messages().len(), 20);
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[tokio::test]
async fn nothing_personal_or_secret_is_printed() {
    let settings = SmtpSettings { credentials: credentials(PASSWORD), ..settings(25) };
    assert!(!format!("{settings:?}").contains(PASSWORD));
    let sender = sender(settings);
    let dir = TempDir::new().unwrap();
    let mailbox = DevMailbox::open(9, clock(), dir.path().join("mailbox.jsonl"));
    mailbox.send(&mail(), &Transit::default()).await.unwrap();
    let printed = format!("{sender:?} {mailbox:?} {:?}", mailbox.list());
    for secret in [PASSWORD, "ada@", "token"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn the_development_mailbox_wakes_waiters_and_can_be_cleared() {
    let dir = TempDir::new().unwrap();
    let mailbox = DevMailbox::open(2, clock(), dir.path().join("mailbox.jsonl"));
    let begin = mailbox.changed(None).await;
    let now = |seen| timeout(Duration::from_millis(50), mailbox.changed(Some(seen)));
    assert!(now(begin).await.is_err(), "nothing has changed");
    let mail = mail();
    let transit = Transit::default();
    let (after, sent) = tokio::join!(mailbox.changed(Some(begin)), mailbox.send(&mail, &transit));
    sent.unwrap();
    assert_ne!(after, begin);
    assert_eq!(now(begin).await.unwrap(), after, "a late request is answered immediately");
    mailbox.clear();
    assert!(mailbox.list().is_empty());
    assert_ne!(now(after).await.unwrap(), after);
}

#[tokio::test]
async fn the_development_mailbox_lists_the_newest_first_and_drops_the_oldest() {
    let clock = clock();
    let dir = TempDir::new().unwrap();
    let mailbox = DevMailbox::open(2, clock.clone(), dir.path().join("mailbox.jsonl"));
    assert!(mailbox.list().is_empty());
    for id in ["one", "two", "three"] {
        let message_id = id.to_owned();
        mailbox.send(&Mail { message_id, ..mail() }, &Transit::default()).await.unwrap();
        clock.advance(Duration::from_secs(1));
    }
    let [newest, older] = mailbox.list().try_into().unwrap();
    assert_eq!((newest.id.as_str(), older.id.as_str()), ("three", "two"));
    assert_eq!(newest.channel, portcullis_core::message::MailboxChannel::Mail);
    assert_eq!(newest.channel.as_str(), "mail");
    assert_eq!(newest.to, "ada@example.com");
    assert_eq!(newest.subject, mail().subject);
    assert_eq!((newest.text, newest.html), (mail().text, mail().html));
    assert_eq!(newest.links, mail().links);
    assert_eq!(newest.code, None);
    assert_eq!(newest.created_at.secs(), clock.now().secs() - 1);
}

#[tokio::test]
async fn the_development_mailbox_survives_a_restart_and_its_file_does_not_grow() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("new/mailbox.jsonl");
    let open = || DevMailbox::open(3, clock(), file.clone());
    let mailbox = open();
    assert!(!file.exists(), "nothing is written before the first message");
    for number in 0..20 {
        mailbox.send(&Mail { message_id: number.to_string(), ..mail() }, &Transit::default()).await.unwrap();
    }
    let ids = |mailbox: &DevMailbox| mailbox.list().into_iter().map(|message| message.id).collect::<Vec<_>>();
    let reopened = open();
    assert_eq!(ids(&reopened), ["19", "18", "17"]);
    let newest = &reopened.list()[0];
    assert_eq!((&newest.links, &newest.html), (&mail().links, &mail().html));
    assert!(fs::read_to_string(&file).unwrap().lines().count() <= 6);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Simulates a process that was killed in the middle of a line.
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    let mailbox = open();
    assert_eq!(ids(&mailbox), ["18", "17", "16"]);
    mailbox.send(&Mail { message_id: "20".to_owned(), ..mail() }, &Transit::default()).await.unwrap();
    assert_eq!(ids(&open()), ["20", "18", "17"]);
    mailbox.clear();
    assert!(open().list().is_empty());
}
