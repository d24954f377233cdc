//! Codes leave by an SMS provider that is slow, refuses, forgets or hangs up: none is lost while it is good, and none is sent
//! for nothing.

#[path = "../../../backends/tests/support/twilio.rs"]
pub mod twilio;

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    Ctx,
    account::{Envelope, Profile, User, phone::PhoneNumber},
    batch,
    id::{RealmName, UserId},
    port::{CommitError, Store, UserOp},
    random::SeededRandom,
    seal::{EncryptionKey, RealmKeys},
};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    Person, TestApp, json, problem,
    smtp::{Options, SmtpServer},
};
use twilio::{AUTH_TOKEN, Behaviour, SID, Twilio};

/// Whom messages come from.
pub const FROM: &str = "+15005550006";
/// The number that everybody gives who registers in these tests, and another.
pub const PHONE: &str = "+1234567890";
const OTHER: &str = "+1987654321";

const SECOND: Duration = Duration::from_secs(1);

/// An application with somebody to send its mails by, and somebody to send its codes by.
pub struct Outlets {
    pub app: TestApp,
    pub twilio: Twilio,
    pub smtp: SmtpServer,
}

impl Outlets {
    pub async fn open(more: &[(&str, &str)]) -> Self {
        let (twilio, smtp) = (Twilio::start().await, SmtpServer::start(Options::default()).await);
        let (port, url) = (smtp.port().to_string(), twilio.url());
        let mut settings = vec![
            ("MAIL_SERVER", "127.0.0.1"),
            ("MAIL_PORT", &port),
            ("MAIL_STARTTLS", "off"),
            ("MAIL_TIMEOUT", "1s"),
            ("TWILIO_SID", SID),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_NUMBER", FROM),
            ("TWILIO_API_URL", &url),
            // More codes than anybody would ask for.
            ("RATE_LIMIT_MODE", "off"),
        ];
        settings.extend(more);
        Self { app: TestApp::with(&settings).await, twilio, smtp }
    }

    /// Registers somebody and opens the link of their mail.
    pub async fn join(&self, person: Person) -> Person {
        self.join_with(person, PHONE).await
    }

    /// The same with a number of their own.
    pub async fn join_with(&self, person: Person, phone: &str) -> Person {
        let mut form = person.form();
        form["phone"] = json!(phone);
        let created = json(self.app.post_json(&person.path("create"), form).await, 200).await;
        self.app.pump().await;
        let mail = self.smtp.messages().pop().unwrap();
        assert_eq!(mail.to, [person.email.as_str()]);
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/verify?token=")).unwrap();
        assert_eq!(self.app.open(link).await.status(), 200);
        self.app.pump().await;
        Person { id: created["id"].as_str().unwrap().to_owned(), ..person }
    }

    /// Asks for a code, and gives the handle.
    pub async fn ask(&self, id: &str, phone: &str) -> String {
        let answer = json(ask(&self.app, id, phone).await, 200).await;
        answer["otp"].as_str().unwrap().to_owned()
    }

    /// Sends what is due, then gives the code of the newest message.
    pub async fn code(&self) -> String {
        self.app.pump().await;
        code_in(&self.twilio.messages().pop().expect("a message").body)
    }

    /// How many messages it was asked to send, whatever it made of that.
    fn tries(&self) -> usize {
        self.asked("POST ")
    }

    /// How often it was asked what had become of one.
    fn questions(&self) -> usize {
        self.asked("GET ")
    }

    fn asked(&self, method: &str) -> usize {
        self.twilio.requests().iter().filter(|head| head.starts_with(method)).count()
    }

    /// Lets time pass, second by second, and sends what is due in each.
    async fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            self.app.advance(SECOND);
            self.app.pump().await;
        }
    }
}

async fn ask(app: &TestApp, id: &str, phone: &str) -> Response {
    app.post_json("/User1/otp_phone", json!({ "id": id, "phone": phone })).await
}

pub async fn give(app: &TestApp, handle: &str, code: &str) -> Response {
    app.post_json("/User1/verify_otp_phone", json!({ "token": handle, "otp": code })).await
}

/// The code in the words of a message.
pub fn code_in(text: &str) -> String {
    let code = text.split(' ').next().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{text}");
    code.to_owned()
}

pub async fn is_proved(app: &TestApp, person: &Person) -> bool {
    let token = person.log_in(app).await;
    json(app.get_as(&token, &person.path("me")).await, 200).await["is_phone_verified"] == true
}

/// A refusal without what differs from request to request.
async fn refusal(response: Response, status: u16) -> Value {
    let mut refusal = problem(response, status).await;
    refusal["instance"] = json!("");
    refusal
}

#[tokio::test]
async fn a_code_goes_to_twilio_and_comes_back() {
    let outlets = Outlets::open(&[("APP_NAME", "Ada & Co")]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    assert_eq!(outlets.tries(), 0, "nothing is sent from a request");
    let code = outlets.code().await;

    // The double looks at credentials, method, path and form before it takes a message.
    let [message] = outlets.twilio.messages().try_into().unwrap();
    assert_eq!((message.to.as_str(), message.from.as_str()), (PHONE, FROM));
    assert_eq!(message.body, format!("{code} is your Ada & Co code. Don't share it."));
    let head = outlets.twilio.requests().remove(0);
    assert!(head.starts_with(&format!("POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1\r\n")), "{head}");
    assert_eq!(outlets.smtp.messages().len(), 2, "no mail goes with it");

    assert!(!is_proved(&outlets.app, &john).await);
    json(give(&outlets.app, &handle, &code).await, 200).await;
    assert!(is_proved(&outlets.app, &john).await);
}

#[tokio::test]
async fn whatever_time_may_put_right_is_tried_again() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for trouble in [
        Behaviour::Refuse { status: 429, code: Some(20429) },
        Behaviour::Refuse { status: 500, code: None },
        Behaviour::Refuse { status: 503, code: Some(20503) },
    ] {
        outlets.twilio.behave(trouble.clone());
        let (taken, tries) = (outlets.twilio.messages().len(), outlets.tries());
        let handle = outlets.ask(&john.id, PHONE).await;
        for seconds in [0, 5, 10] {
            outlets.app.advance(seconds * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!((outlets.twilio.messages().len(), outlets.tries()), (taken, tries + 3), "{trouble:?}");

        outlets.twilio.behave(Behaviour::Accept);
        outlets.app.advance(20 * SECOND);
        let code = outlets.code().await;
        assert_eq!(outlets.twilio.messages().len(), taken + 1, "{trouble:?}");
        json(give(&outlets.app, &handle, &code).await, 200).await;
        // Past all questions about it.
        outlets.wait(310).await;
    }
    assert!(is_proved(&outlets.app, &john).await);
}

/// Each costs money, and whoever waits may ask for another.
#[tokio::test]
async fn what_may_have_been_taken_is_sent_once_more_at_most() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for trouble in [Behaviour::Hang, Behaviour::Close] {
        outlets.twilio.behave(trouble.clone());
        let tries = outlets.tries();
        outlets.ask(&john.id, PHONE).await;
        for _ in 0..10 {
            outlets.app.advance(20 * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!(outlets.tries(), tries + 2, "{trouble:?}");

        outlets.twilio.behave(Behaviour::Accept);
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        json(give(&outlets.app, &handle, &code).await, 200).await;
        outlets.wait(310).await;
    }
}

#[tokio::test]
async fn what_is_taken_is_taken_whatever_else_the_answer_says() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (status, body) in [(201, "<html>"), (200, ""), (202, "{}"), (201, "{\"sid\":\"../../x\"}")] {
        outlets.twilio.behave(Behaviour::Answer { status, body: body.to_owned() });
        let tries = outlets.tries();
        outlets.ask(&john.id, PHONE).await;
        for _ in 0..10 {
            outlets.app.advance(20 * SECOND);
            outlets.app.pump().await;
        }
        assert_eq!(outlets.tries(), tries + 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_for_two_minutes_loses_no_code() {
    let outlets = Outlets::open(&[]).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 503, code: None });
    let mut waiting = Vec::new();
    for number in 0..5 {
        let person = outlets.join(Person::new(&format!("person{number}@example.com"))).await;
        let handle = outlets.ask(&person.id, PHONE).await;
        waiting.push((person, handle));
    }
    outlets.wait(120).await;
    assert!(outlets.twilio.messages().is_empty());
    outlets.twilio.behave(Behaviour::Accept);
    // No code is five minutes old yet.
    outlets.wait(179).await;
    assert_eq!(outlets.twilio.messages().len(), 5);
    let codes: Vec<_> = outlets.twilio.messages().iter().map(|message| code_in(&message.body)).collect();
    for (person, handle) in waiting {
        let mut proved = 0;
        for code in &codes {
            proved += usize::from(give(&outlets.app, &handle, code).await.status() == 200);
        }
        assert_eq!(proved, 1);
        assert!(is_proved(&outlets.app, &person).await);
    }
}

#[tokio::test]
async fn a_message_whose_fate_is_unknown_comes_again_with_the_same_code() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::CloseAfterTaking);
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(5 * SECOND);
    let code = outlets.code().await;
    let [first, second] = outlets.twilio.messages().try_into().unwrap();
    assert_eq!((&first.to, &first.body), (&second.to, &second.body));
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn what_the_provider_refuses_for_good_is_not_tried_again() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (number, code) in [(1, Some(21211)), (2, Some(21610)), (3, None)] {
        outlets.twilio.behave(Behaviour::Refuse { status: 400, code });
        outlets.ask(&john.id, PHONE).await;
        outlets.app.pump().await;
        outlets.wait(310).await;
        assert_eq!(outlets.tries(), number);
    }
    // Nor is what was behind it held up.
    outlets.twilio.behave(Behaviour::Accept);
    outlets.wait(5).await;
    assert!(outlets.twilio.messages().is_empty());
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn no_code_is_sent_that_is_not_good_any_more() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    // One that was never tried, and one that the provider would not take.
    outlets.ask(&john.id, PHONE).await;
    outlets.app.advance(300 * SECOND);
    outlets.app.pump().await;
    assert_eq!(outlets.tries(), 0);
    outlets.twilio.behave(Behaviour::Refuse { status: 500, code: None });
    outlets.ask(&john.id, PHONE).await;
    outlets.wait(299).await;
    assert!((10..32).contains(&outlets.tries()), "{}", outlets.tries());
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(SECOND);
    outlets.wait(900).await;
    assert!(outlets.twilio.messages().is_empty());

    // In its last second it is worth sending; that makes it no younger.
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.advance(299 * SECOND);
    let code = outlets.code().await;
    outlets.app.advance(SECOND);
    assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["detail"], "Invalid or expired OTP");
}

#[tokio::test]
async fn nothing_is_sent_for_a_handle_that_was_replaced_or_an_account_that_is_gone() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    assert_eq!(outlets.tries(), 1, "only the newest is worth a message");
    json(give(&outlets.app, &handle, &code).await, 200).await;

    outlets.ask(&john.id, PHONE).await;
    let token = john.log_in(&outlets.app).await;
    let delete = outlets.app.request(reqwest::Method::DELETE, "/User1/delete");
    let delete = delete.query(&[("id", &john.id), ("email", &john.email)]).bearer_auth(&token);
    json(delete.send().await.unwrap(), 200).await;
    outlets.wait(10).await;
    assert_eq!(outlets.tries(), 1);
}

#[tokio::test]
async fn a_code_that_waits_outlives_a_restart() {
    let mut outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Close);
    let handle = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.app = outlets.app.restart().await;
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(5 * SECOND);
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn what_became_of_a_message_is_asked_three_times_at_the_most() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    let mut asked = Vec::new();
    for second in 1..=1000 {
        outlets.wait(1).await;
        while asked.len() < outlets.questions() {
            asked.push(second);
        }
    }
    assert_eq!(asked, [10, 60, 300]);
    assert_eq!(outlets.tries(), 1);
    let sid = &outlets.twilio.messages()[0].sid;
    let question = format!("GET /2010-04-01/Accounts/{SID}/Messages/{sid}.json HTTP/1.1\r\n");
    assert!(outlets.twilio.requests()[1..].iter().all(|head| head.starts_with(&question)));
}

#[tokio::test]
async fn once_the_end_of_a_message_is_known_nobody_asks_any_more() {
    let outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for (number, (status, code)) in
        [("delivered", None), ("undelivered", Some(30003)), ("failed", Some(30007))].into_iter().enumerate()
    {
        for known_from in [1, 2] {
            let before = outlets.questions();
            outlets.ask(&john.id, PHONE).await;
            outlets.app.pump().await;
            let message = outlets.twilio.messages().pop().unwrap();
            outlets.wait(if known_from == 1 { 5 } else { 30 }).await;
            outlets.twilio.set_status(&message.sid, status, code);
            outlets.wait(600).await;
            assert_eq!(outlets.questions() - before, known_from, "{status}");
        }
        assert_eq!(outlets.tries(), 2 * (number + 1), "a message that did not arrive is not sent again by itself");
    }
}

#[tokio::test]
async fn a_question_that_the_provider_does_not_answer_sends_no_second_message() {
    for trouble in [
        Behaviour::Refuse { status: 500, code: None },
        Behaviour::Refuse { status: 404, code: Some(20404) },
        Behaviour::Close,
        Behaviour::Hang,
    ] {
        let outlets = Outlets::open(&[]).await;
        let john = outlets.join(Person::new("john@example.com")).await;
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        outlets.twilio.behave(trouble.clone());
        for seconds in [10, 50, 240, 300, 3600] {
            outlets.app.advance(seconds * SECOND);
            outlets.app.pump().await;
            if seconds == 50 {
                json(give(&outlets.app, &handle, &code).await, 200).await;
            }
        }
        assert_eq!((outlets.tries(), outlets.questions()), (1, 3), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_code_goes_to_no_country_but_those_that_are_named() {
    let outlets = Outlets::open(&[("SMS_COUNTRIES", "DE,US")]).await;
    let mut seen = Vec::new();
    // Canada, St Kitts and an area code of nobody's share +1; +44 7624 is the Isle of Man; +882 is of no country at all.
    let elsewhere = ["+12045550100", "+18695550100", "+1999555010", "+447624000000", "+33612345678", "+88213000000"];
    let named = ["+1234567890", "+4915799887766"];
    for (number, phone) in elsewhere.iter().chain(&named).enumerate() {
        let person = outlets.join_with(Person::new(&format!("person{number}@example.com")), phone).await;
        let response = ask(&outlets.app, &person.id, phone).await;
        let mut headers: Vec<_> = response.headers().keys().map(ToString::to_string).collect();
        headers.sort_unstable();
        let answer = json(response, 200).await;
        assert_eq!(answer["otp"].as_str().unwrap().len(), 43);
        seen.push((headers, answer["message"].clone(), answer.as_object().unwrap().len()));
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    outlets.wait(60).await;
    let to: Vec<_> = outlets.twilio.messages().into_iter().map(|message| message.to).collect();
    assert_eq!(to, named);
}

#[tokio::test]
async fn without_a_provider_everybody_is_told_so_alike() {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let mail = [("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")];
    // The placeholders of the origin's example are as good as nothing.
    let placeholders = [
        ("TWILIO_SID", "your-twilio-sid"),
        ("TWILIO_AUTH_TOKEN", "your-twilio-auth-token"),
        ("TWILIO_NUMBER", "your-twilio-phone-number"),
    ];
    for more in [&[][..], &placeholders] {
        let app = TestApp::with(&[&mail[..], more].concat()).await;
        let john = Person::new("john@example.com").register(&app).await;
        app.pump().await;
        let links = smtp.messages().pop().unwrap().links();
        assert_eq!(app.open(links.iter().find(|link| link.contains("/verify?")).unwrap()).await.status(), 200);
        let mut refusals = Vec::new();
        for (id, phone) in [(john.id.as_str(), PHONE), (&john.id, OTHER), ("nobody", PHONE)] {
            let response = ask(&app, id, phone).await;
            assert!(response.headers().contains_key("retry-after"));
            refusals.push(refusal(response, 503).await);
        }
        assert_eq!(refusals[0]["code"], "sms.unavailable");
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
        problem(ask(&app, &john.id, "12").await, 422).await;
    }
}

async fn user(store: &dyn Store, person: &Person) -> User {
    let (realm, id) = (RealmName::parse(&person.realm).unwrap(), UserId::parse(&person.id).unwrap());
    store.user(&realm, &id).await.unwrap().unwrap()
}

async fn keys(store: &dyn Store) -> RealmKeys {
    let rows = store.root_keys().await.unwrap();
    let row = rows.into_iter().find(|row| row.realm.as_str() == "User1").unwrap();
    // The encryption key of the tests.
    let encryption_key = EncryptionKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    RealmKeys::derive(row.realm.clone(), &encryption_key.unwrap(&row.realm, &row.wrapped).unwrap())
}

/// Gives somebody another number, which is not proved.
pub async fn renumber(app: &TestApp, store: &dyn Store, person: &Person, phone: &str) {
    let ctx = Ctx::new(&*app.clock, Arc::new(SeededRandom::new(31)), Default::default());
    let keys = keys(store).await;
    loop {
        let user = user(store, person).await;
        let key = user.envelope.key(&keys, &user.id).unwrap();
        let profile = user.envelope.open_profile(&key).unwrap();
        let profile = Profile { phone: PhoneNumber::parse(phone).unwrap(), ..profile };
        let hash = user.envelope.open_password(&key).unwrap();
        let envelope = Envelope::seal(&ctx, &keys, &user.id, &profile, &hash).unwrap();
        let renumbered = User { envelope, phone_verified_at: None, revision: user.revision + 1, ..user };
        match store.commit(batch![UserOp::Update(renumbered)]).await {
            Ok(()) => return,
            Err(CommitError::Failed(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn d31_a_code_proves_no_number_but_the_one_that_it_went_to() {
    let mut outlets = Outlets::open(&[]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let handle = outlets.ask(&john.id, PHONE).await;
    let code = outlets.code().await;
    outlets.app.stop().await;
    renumber(&outlets.app, &*outlets.app.store().await, &john, OTHER).await;
    outlets.app = outlets.app.restart().await;
    assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["detail"], "Invalid OTP");
    assert!(!is_proved(&outlets.app, &john).await);

    // Nor is a code that waits sent to either number once they differ.
    let sent = outlets.tries();
    outlets.ask(&john.id, OTHER).await;
    outlets.app.stop().await;
    renumber(&outlets.app, &*outlets.app.store().await, &john, PHONE).await;
    outlets.app = outlets.app.restart().await;
    outlets.wait(10).await;
    assert_eq!(outlets.tries(), sent);
}

#[tokio::test]
async fn d31_a_number_that_changes_while_its_code_is_given_back_is_not_proved_by_it() {
    let outlets = Outlets::open(&[]).await;
    let mut before = 0;
    for round in 0..12 {
        let john = outlets.join(Person::new(&format!("john{round}@example.com"))).await;
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        let store = outlets.app.store().await;
        let changed = async {
            // From at once to long after.
            tokio::time::sleep(Duration::from_micros(100 << round)).await;
            renumber(&outlets.app, &*store, &john, OTHER).await;
        };
        let (given, ()) = tokio::join!(give(&outlets.app, &handle, &code), changed);
        let given = given.status().as_u16();
        assert!([200, 400].contains(&given), "{given}");
        before += u64::from(given == 200);
        let user = user(&*store, &john).await;
        let phone = user.account(&keys(&*store).await).unwrap().profile.phone;
        assert_eq!((phone.as_str(), user.phone_verified_at), (OTHER, None), "given {given}");
    }
    assert!(before > 0, "the change always came first");
}
