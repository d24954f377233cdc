//! Mail leaves by a mail server that is away, refuses, forgets or hangs up: nothing is lost, nothing is sent for nothing.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use portcullis_core::{
    Ctx,
    message::{Channel, outbox::Lease},
    port::OutboxState,
    random::SeededRandom,
};
use serde_json::json;

use crate::support::{
    BEGIN, Person, TestApp, json, problem,
    smtp::{Behaviour, CA_PEM, Message, Options, Security, SmtpServer},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const NO_SUCH_USER: &str = "550 5.1.1 No such user";

/// A mail server and an application that hands its mails to it.
async fn pair(settings: &[(&str, &str)]) -> (SmtpServer, TestApp) {
    let server = SmtpServer::start(Options::default()).await;
    let port = server.port().to_string();
    let mut all = vec![("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "false")];
    all.extend(settings);
    let app = TestApp::with(&all).await;
    (server, app)
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_an_hour_loses_nothing() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let mut people = Vec::new();
    for minute in 0..60 {
        if minute % 6 == 0 {
            people.push(Person::new(&format!("person{minute}@example.com")).register(&app).await);
        }
        app.pump().await;
        app.advance(MINUTE);
    }
    assert!(server.connections() > 60, "it was tried again and again: {}", server.connections());

    server.behave(Behaviour::Accept);
    // No wait is longer than a quarter of an hour.
    app.advance(15 * MINUTE);
    app.pump().await;
    app.advance(15 * MINUTE);
    assert_eq!(app.pump().await, 0, "all were sent");
    let mails = server.messages();
    assert_eq!(mails.len(), people.len());
    for person in people {
        let [mail] = to(&mails, &person.email)[..] else { panic!("not one mail to {}", person.email) };
        assert_eq!(app.open(&link(mail, "verify")).await.status(), 200);
        person.log_in(&app).await;
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_no_request() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Hang);
    Person::new("first@example.com").register(&app).await;
    let requests = async {
        for number in 0..20 {
            let john = Person::new(&format!("john{number}@example.com")).register(&app).await;
            problem(app.login("User1", &john.email, &john.password).await, 403).await;
        }
    };
    tokio::select! {
        _ = app.pump() => panic!("the mail server answered"),
        () = requests => {}
    }
    assert_eq!(server.commands().iter().filter(|command| command.line.starts_with("MAIL")).count(), 1);
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_after_growing_waits() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::RejectRecipient("450 4.2.1 The mailbox is busy".to_owned()));
    Person::new("john@example.com").register(&app).await;
    let mut tries = Vec::new();
    for second in 0..1500_u64 {
        app.pump().await;
        let so_far = count(&server, "RCPT");
        if so_far > tries.len() {
            tries.push(second);
        }
        assert_eq!(so_far, tries.len(), "one try at a time");
        app.advance(Duration::from_secs(1));
    }
    let waits: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.len() >= 7, "{waits:?}");
    for (wait, longest) in waits.iter().zip([5, 10, 20, 40, 80, 160, 320, 640, 900]) {
        assert!((longest / 2..=longest).contains(wait), "{wait} is not between a half and the whole of {longest}");
    }

    server.behave(Behaviour::Accept);
    app.advance(15 * MINUTE);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_given_up_at_once() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::RejectRecipient(NO_SUCH_USER.to_owned()));
    Person::new("nobody@example.com").register(&app).await;
    app.pump().await;
    assert_eq!(count(&server, "RCPT"), 1);
    server.behave(Behaviour::Accept);
    for _ in 0..48 {
        app.advance(HOUR / 2);
        assert_eq!(app.pump().await, 0);
    }
    assert!(server.messages().is_empty());
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState { waiting: 0, dead: 1, oldest: None });
}

#[tokio::test]
async fn other_refusals_for_good_are_no_reason_to_give_a_mail_up() {
    let (server, app) = pair(&[]).await;
    // Not the recipient's fault: an operator can mend it.
    server.behave(Behaviour::RejectRecipient("550 5.7.1 Relaying denied".to_owned()));
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    server.behave(Behaviour::RejectMessage("554 5.6.0 I do not like it".to_owned()));
    app.advance(MINUTE);
    app.pump().await;
    server.behave(Behaviour::Accept);
    app.advance(MINUTE);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_mail_whose_fate_is_unknown_comes_again_as_the_same_mail() {
    // A name that stays, whichever port a start gets.
    const PUBLIC: &str = "http://accounts.localhost";
    let (server, app) = pair(&[("PUBLIC_URL", PUBLIC)]).await;
    server.behave(Behaviour::DropAfterData);
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
    app.advance(MINUTE);
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
async fn work_that_was_dropped_half_way_is_taken_up_when_its_lease_has_run_out() {
    let (server, app) = pair(&[("MAIL_TIMEOUT", "10s")]).await;
    server.behave(Behaviour::Hang);
    Person::new("john@example.com").register(&app).await;
    // As a process that dies while it waits for the mail server: nothing is recorded.
    assert!(tokio::time::timeout(Duration::from_millis(500), app.pump()).await.is_err());
    server.behave(Behaviour::Accept);
    let app = app.restart().await;
    assert_eq!(app.pump().await, 0, "somebody else's, as far as anybody knows");
    app.advance(Duration::from_secs(39));
    assert_eq!(app.pump().await, 0);
    app.advance(Duration::from_secs(2));
    assert_eq!(app.pump().await, 1);
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn who_has_lost_a_lease_changes_nothing_any_more() {
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
    assert_eq!(app.pump().await, 0, "it is done, whatever the slow one thinks");
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
async fn after_a_day_a_mail_is_given_up_and_can_be_asked_for_again() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let john = Person::new("john@example.com").register(&app).await;
    for _ in 0..95 {
        app.pump().await;
        app.advance(15 * MINUTE);
    }
    let tries = server.connections();
    app.pump().await;
    assert_eq!(server.connections(), tries + 1, "after 23 hours and three quarters it is still tried");
    app.advance(15 * MINUTE);
    app.pump().await;
    server.behave(Behaviour::Accept);
    for _ in 0..8 {
        app.advance(15 * MINUTE);
        assert_eq!(app.pump().await, 0);
    }
    assert_eq!(server.connections(), tries + 1, "after a day no more");
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState { waiting: 0, dead: 1, oldest: None });

    let app = app.restart().await;
    json(app.post_json("/User1/verify/resend", json!({ "email": john.email })).await, 200).await;
    app.pump().await;
    let mails = server.messages();
    assert_eq!(app.open(&link(&mails[0], "verify")).await.status(), 200);
    john.log_in(&app).await;
}

#[tokio::test]
async fn the_link_of_a_late_mail_lives_as_long_as_any_other() {
    let (server, app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    for email in ["in.time@example.com", "too.late@example.com"] {
        Person::new(email).register(&app).await;
    }
    app.pump().await;
    app.advance(23 * HOUR);
    server.behave(Behaviour::Accept);
    assert_eq!(app.pump().await, 2);
    let mails = server.messages();
    app.advance(24 * HOUR - MINUTE);
    assert_eq!(app.open(&link(to(&mails, "in.time@example.com")[0], "verify")).await.status(), 200);
    app.advance(2 * MINUTE);
    assert_eq!(app.open(&link(to(&mails, "too.late@example.com")[0], "verify")).await.status(), 400);
}

#[tokio::test]
async fn a_link_that_leads_nowhere_any_more_is_not_sent() {
    let (server, mut app) = pair(&[]).await;
    server.behave(Behaviour::Refuse);
    let first = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    app.advance(MINUTE);
    let second = Person::new("john@example.com").register(&app).await;
    assert_ne!(first.id, second.id);
    server.behave(Behaviour::Accept);
    assert_eq!(app.pump().await, 2, "both are settled");
    let mails = server.messages();
    let [mail] = &mails[..] else { panic!("{} mails came", mails.len()) };
    assert_eq!(app.open(&link(mail, "verify")).await.status(), 200);
    app.pump().await;
    let token = second.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], second.id.as_str());
    app.stop().await;
    assert_eq!(outbox(&app).await, OutboxState::default(), "what is moot is done, not dead");
}

#[tokio::test]
async fn a_registration_that_its_owner_discarded_is_not_written_to() {
    let (server, app) = pair(&[]).await;
    Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let undo = link(&server.messages()[0], "undo");
    // A second mail with the same links waits while they are discarded by the first.
    json(app.post_json("/User1/verify/resend", json!({ "email": "john@example.com" })).await, 200).await;
    let (path, token) = undo.strip_prefix(&app.base).unwrap().split_once("?token=").unwrap();
    let discarded = app.post_form(path, &[("token", token)]).await;
    assert_eq!(discarded.status(), 200);
    app.pump().await;
    assert_eq!(server.messages().len(), 1);
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
    assert!(server.messages().is_empty(), "nobody vouches for this server");
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

#[tokio::test]
async fn a_name_is_a_name_whatever_it_tries_to_be() {
    let (server, app) = pair(&[("APP_NAME", "Ada & Co <Portcullis>")]).await;
    for (number, name) in ["<b>Eve & \"Co\"", "{{ year }}<img src=x onerror=alert(1)>", "Zoë 'O' 李"].iter().enumerate()
    {
        let mail = welcome(&server, &app, &format!("person{number}@example.com"), name).await;
        assert!(mail.text().contains(&format!("Welcome, {name}\n\n")), "{}", mail.text());
        let html = mail.html();
        assert!(!html.contains("<b>") && !html.contains("<img"), "{html}");
        assert!(shown(&html).contains(&format!("Welcome, {name}</h1>")), "{html}");
        assert_eq!(mail.subject(), "Welcome to Ada & Co <Portcullis>");
        assert!(html.contains("Ada &amp; Co &lt;Portcullis&gt;"), "{html}");
    }
}

#[tokio::test]
async fn a_name_that_a_mail_program_would_make_a_link_of_greets_nobody() {
    let (server, app) = pair(&[]).await;
    let names = ["https://evil.example/x", "Win at evil.example now", "mail eve@evil.example"];
    for (number, name) in names.iter().enumerate() {
        let email = format!("person{number}@example.com");
        let mail = welcome(&server, &app, &email, name).await;
        let of_verification = to(&server.messages(), &email)[0].clone();
        for mail in [&mail, &of_verification] {
            let all = format!("{}{}{}", mail.subject(), mail.text(), mail.html()).to_lowercase();
            assert!(!all.contains("evil.example"), "{name}: {all}");
            for link in mail.links() {
                assert!(link.starts_with(&app.base), "{link}");
            }
        }
    }
}

#[tokio::test]
async fn a_line_break_gets_into_no_mail() {
    let (server, app) = pair(&[]).await;
    for name in ["Eve\r\nBcc: all@example.com", "Eve\nX: y", "Eve\u{2028}"] {
        let mut form = Person::new("eve@example.com").form();
        form["first_name"] = json!(name);
        problem(app.post_json("/User1/create", form).await, 422).await;
    }
    for email in ["eve@example.com\r\nRCPT TO:<all@example.com>", "eve@example.com>\r\nX", "eve@example.com\n"] {
        let mut form = Person::new("eve@example.com").form();
        form["email"] = json!(email);
        let answer = app.post_json("/User1/create", form).await;
        // White space around an address means nothing; in it, it is no address.
        assert_eq!(answer.status(), if email.trim() == "eve@example.com" { 200 } else { 422 });
    }
    app.pump().await;
    assert!(server.messages().iter().all(|mail| mail.to == ["eve@example.com"]));
}

#[tokio::test]
async fn to_whom_a_mail_was_is_forgotten_when_it_is_settled() {
    let (server, mut app) = pair(&[]).await;
    for answer in [Behaviour::Accept, Behaviour::RejectRecipient(NO_SUCH_USER.to_owned())] {
        Person::new("somebody.somewhere@example.com").register(&app).await;
        app.stop().await;
        let sealed = recipient(&app).await;
        assert!(holds(&app, &sealed).await, "the test would find it");
        assert!(!holds(&app, b"somebody.somewhere").await, "and it is sealed");

        app = app.restart().await;
        app.advance(MINUTE);
        server.behave(answer);
        assert_eq!(app.pump().await, 1);
        app.stop().await;
        assert_eq!(outbox(&app).await.waiting, 0);
        assert!(!holds(&app, &sealed).await, "it is still there");
        app = app.restart().await;
    }
    assert_eq!(server.messages().len(), 1);
}

/// The recipient of the one mail that waits, as it lies in the data of an application that was stopped.
async fn recipient(app: &TestApp) -> Vec<u8> {
    let store = app.store().await;
    let ctx = Ctx::new(&*app.clock, Arc::new(SeededRandom::new(99)), Default::default());
    let claimed = store.claim(Channel::Mail, 9, &Lease::new(&ctx, Duration::from_millis(1))).await.unwrap();
    let [waiting] = &claimed[..] else { panic!("{} rows wait", claimed.len()) };
    let sealed = waiting.row.recipient.as_bytes().to_vec();
    assert!(sealed.len() > 30);
    sealed
}

/// Whether these bytes stand anywhere in the data.
async fn holds(app: &TestApp, bytes: &[u8]) -> bool {
    app.contents().await.iter().any(|(_, all)| all.windows(bytes.len()).any(|w| w == bytes))
}

/// What waits and what is dead, of an application that was stopped.
async fn outbox(app: &TestApp) -> OutboxState {
    app.store().await.outbox_state(BEGIN).await.unwrap()
}

/// Somebody of this name joins: the mail that welcomes them.
async fn welcome(server: &SmtpServer, app: &TestApp, email: &str, name: &str) -> Message {
    let mut form = Person::new(email).form();
    form["first_name"] = json!(name);
    json(app.post_json("/User1/create", form).await, 200).await;
    app.pump().await;
    let mails = server.messages();
    assert_eq!(app.open(&link(to(&mails, email)[0], "verify")).await.status(), 200);
    app.pump().await;
    let mails = server.messages();
    let [_, welcome] = to(&mails, email)[..] else { panic!("no welcome to {email}") };
    welcome.clone()
}

fn to<'a>(mails: &'a [Message], email: &str) -> Vec<&'a Message> {
    mails.iter().filter(|mail| mail.to == [email]).collect()
}

/// The link of this kind in a mail.
fn link(mail: &Message, page: &str) -> String {
    let wanted = format!("/{page}?token=");
    mail.links().into_iter().find(|link| link.contains(&wanted)).expect("a link")
}

/// HTML as a mail program shows it.
fn shown(html: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    marks.iter().fold(html.to_owned(), |shown, (escaped, plain)| shown.replace(escaped, plain))
}

/// How often a client has said this verb.
fn count(server: &SmtpServer, verb: &str) -> usize {
    server.commands().iter().filter(|command| command.line.starts_with(verb)).count()
}

async fn server_hears(server: &SmtpServer, verb: &str) {
    while count(server, verb) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
