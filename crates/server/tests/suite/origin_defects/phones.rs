//! Rows D27 to D32, D34, D35 and D37 to D39: a number, and the code that proves it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use portcullis::config::{self, Args, Sources};
use portcullis_core::{
    Ctx,
    account::phone::PhoneNumber,
    clock::ManualClock,
    id::{RealmName, UserId},
    link::{Challenge, Code, Purpose},
    random::SeededRandom,
    seal::{RealmKeys, RootKey},
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{
    UNLIMITED,
    answer::{Answer, assert_alike},
    ask, contested, mailed_reset, pair,
    program::{Visitor, start, with_mail},
    reset_path, storage, together, token_of,
};
use crate::{
    sms::{
        FROM, Outlets, PHONE, give, is_proved,
        twilio::{AUTH_TOKEN, Behaviour, SID, Twilio},
    },
    support::{
        BEGIN, Person, TestApp, json, problem,
        smtp::{Options, SmtpServer},
    },
};

const WRONG: &str = "Invalid OTP";
const DEAD: &str = "Invalid or expired OTP";

async fn request(app: &TestApp, realm: &str, id: &str, phone: &str) -> Response {
    app.post_json(&format!("/{realm}/otp_phone"), json!({ "id": id, "phone": phone })).await
}

/// The handle for a new code.
async fn handle_for(app: &TestApp, id: &str) -> String {
    handle_in(json(request(app, "User1", id, PHONE).await, 200).await)
}

fn handle_in(answer: Value) -> String {
    assert_eq!(answer["message"], "OTP generated successfully");
    answer["otp"].as_str().unwrap().to_owned()
}

/// A new handle, and the code that was sent for it.
async fn challenge(app: &TestApp, person: &Person) -> (String, String) {
    let handle = handle_in(json(request(app, &person.realm, &person.id, PHONE).await, 200).await);
    let sms = &messages(app).await[0];
    (handle, sms["code"].as_str().unwrap().to_owned())
}

/// The short messages that were sent, newest first.
async fn messages(app: &TestApp) -> Vec<Value> {
    app.mails().await.into_iter().filter(|message| message["channel"] == "sms").collect()
}

/// Another code than this.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn is_refused(app: &TestApp, handle: &str, code: &str, detail: &str) {
    assert_eq!(problem(give(app, handle, code).await, 400).await["detail"], detail);
}

#[tokio::test]
async fn d27_no_answer_holds_a_code() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut handles = HashSet::new();
    for _ in 0..20 {
        let asked = Answer::of(request(&app, "User1", &john.id, PHONE).await).await;
        let handle = handle_in(serde_json::from_str(&asked.body).unwrap());
        let code = messages(&app).await[0]["code"].as_str().unwrap().to_owned();
        let refused = Answer::of(give(&app, &handle, &wrong(&code)).await).await;
        let taken = Answer::of(give(&app, &handle, &code).await).await;
        for answer in [asked, refused, taken] {
            assert!(!format!("{answer:?}").contains(&code));
        }
        // Two times 128 bits, of which the second half cannot be told from chance: no claims, no number.
        let bytes = BASE64URL_NOPAD.decode(handle.as_bytes()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert!(!storage::has(&bytes, code.as_bytes()));
        let number = code.parse::<u32>().unwrap();
        assert!(!storage::has(&bytes, &number.to_be_bytes()) && !storage::has(&bytes, &number.to_le_bytes()));
        handles.insert(handle);
    }
    assert_eq!(handles.len(), 20);
}

#[tokio::test]
async fn d27_no_code_can_be_made_from_the_database() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, _) = challenge(&app, &john).await;
    let bytes = BASE64URL_NOPAD.decode(handle.as_bytes()).unwrap();
    let (seed, proof) = bytes.split_at(16);
    let kept = app.contents().await;
    for (name, kept) in &kept {
        assert!(!storage::has(kept, handle.as_bytes()) && !storage::has(kept, proof), "a handle stands in {name}");
    }
    assert!(kept.iter().any(|(_, kept)| storage::has(kept, seed)), "this looked into the wrong files");
}

#[tokio::test]
async fn d28_after_five_wrong_codes_the_right_one_is_worth_nothing() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    let bad = wrong(&code);
    // In whatever way they come; and waiting gives none back.
    let path = "/User1/verify_otp_phone";
    for answer in [
        app.get(&format!("{path}?token={handle}&otp={bad}")).await,
        app.get(&format!("/v1{path}?token={handle}&otp=")).await,
        app.post_form(path, &[("token", &handle), ("otp", &bad)]).await,
        app.post_json(path, json!({ "token": handle, "otp": "x".repeat(5000) })).await,
        {
            app.advance(Duration::from_secs(120));
            give(&app, &handle, &bad).await
        },
    ] {
        assert_eq!(problem(answer, 400).await["detail"], WRONG);
    }
    let app = app.restart().await;
    for code in [&code, &bad] {
        is_refused(&app, &handle, code, DEAD).await;
    }
    assert!(!is_proved(&app, &john).await);
    // The next one is as good as the first.
    let (handle, code) = challenge(&app, &john).await;
    json(give(&app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn d28_of_fifty_guesses_at_one_moment_five_count() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..4 {
        let (handle, code) = challenge(&app, &john).await;
        let guess = |number| format!("{:06}", (code.parse::<u32>().unwrap() + 1 + number) % 1_000_000);
        let form = |number| format!("token={handle}&otp={}", guess(number));
        let requests = (0..50).map(|number| together::form("/User1/verify_otp_phone", &form(number))).collect();
        let answers = together::answers(&app.base, requests).await;
        assert!(answers.iter().all(|(status, _)| *status == 400), "{answers:?}");
        let told = |detail: &str| answers.iter().filter(|(_, body)| body.contains(&format!("\"{detail}\""))).count();
        assert_eq!((told(WRONG), told(DEAD)), (5, 45));
        is_refused(&app, &handle, &code, DEAD).await;
    }
    assert!(!is_proved(&app, &john).await);
}

#[tokio::test]
async fn d28_of_fifty_codes_asked_for_at_one_moment_one_is_sent_and_good() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let body = json!({ "id": john.id, "phone": PHONE }).to_string();
    let requests = vec![together::post("/User1/otp_phone", "application/json", &body); 50];
    let answers = together::answers(&app.base, requests).await;
    let handles: HashSet<_> = answers.iter().map(|(_, body)| handle_in(serde_json::from_str(body).unwrap())).collect();
    assert_eq!(handles.len(), 50);
    let sent = messages(&app).await;
    assert_eq!(sent.len(), 1);
    let code = sent[0]["code"].as_str().unwrap();
    let mut good = 0;
    for handle in &handles {
        good += usize::from(give(&app, handle, code).await.status() == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn d29_of_fifty_right_codes_at_one_moment_one_counts() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..4 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let (handle, code) = challenge(&app, &john).await;
        let path = format!("/User1/verify_otp_phone?token={handle}&otp={code}");
        let statuses = together::statuses(&app.base, vec![together::get(&path); 50]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 49, "{statuses:?}");
        is_refused(&app, &handle, &code, DEAD).await;
        assert!(is_proved(&app, &john).await);
    }
}

#[tokio::test]
async fn d30_a_code_works_for_as_long_as_its_setting_says() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    assert!(!messages(&app).await[0]["text"].as_str().unwrap().contains("minutes"), "the message promises no lifetime");
    app.advance(Duration::from_secs(299));
    is_refused(&app, &handle, &wrong(&code), WRONG).await;
    app.advance(Duration::from_secs(1));
    is_refused(&app, &handle, &code, DEAD).await;
    // One that was late is no longer good for it.
    let handle = handle_for(&app, &john.id).await;
    app.advance(Duration::from_secs(290));
    let code = messages(&app).await[0]["code"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(10));
    is_refused(&app, &handle, &code, DEAD).await;
    assert!(!is_proved(&app, &john).await);

    let app = app.restart_with(&[("OTP_TTL", "2m")]).await;
    let (handle, code) = challenge(&app, &john).await;
    app.advance(Duration::from_secs(120));
    is_refused(&app, &handle, &code, DEAD).await;
}

#[test]
fn d30_nobody_can_make_a_code_good_for_an_hour() {
    let env = vec![("OTP_TTL".to_owned(), "1h".to_owned())];
    let dir = tempfile::tempdir().unwrap();
    let sources = Sources { args: Args::default(), env, dir: dir.path().to_owned() };
    let refused = config::load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
    assert!(refused.contains("OTP_TTL: must be at most 10m"), "{refused}");
}

#[tokio::test]
async fn d31_a_code_is_for_one_person_in_one_realm_and_for_nothing_else() {
    let app = TestApp::with(&[UNLIMITED]).await;
    // All of them gave the same number.
    let attacker = Person::new("attacker@example.com").join(&app).await;
    let victim = Person::new("victim@example.com").join(&app).await;
    let elsewhere = Person::new("attacker@example.com").of("User2").join(&app).await;
    let (own_handle, own_code) = challenge(&app, &attacker).await;
    let (handle, code) = challenge(&app, &victim).await;
    let (foreign_handle, foreign_code) = challenge(&app, &elsewhere).await;
    is_refused(&app, &handle, &own_code, WRONG).await;
    is_refused(&app, &own_handle, &code, WRONG).await;
    is_refused(&app, &foreign_handle, &foreign_code, DEAD).await;
    let in_the_other = json!({ "token": own_handle, "otp": own_code });
    problem(app.post_json("/User2/verify_otp_phone", in_the_other).await, 400).await;

    // A handle opens no page, and no link is a handle.
    for page in ["verify", "undo", "reset_password_form"] {
        problem(ask(&app, &format!("/User1/{page}?token={own_handle}")).await, 400).await;
    }
    let path = format!("/User1/reset_password?token={own_handle}");
    assert_eq!(app.post_form(&path, &[("password", "attackers new phrase")]).await.status(), 400);
    let pending = Person::new("pending@example.com").register(&app).await;
    let reset = mailed_reset(&app, &attacker.email).await;
    for link in [&reset, &app.link(&pending.email, "verify").await, &app.link(&pending.email, "undo").await] {
        is_refused(&app, token_of(link), &own_code, DEAD).await;
    }

    // Its success is its owner's alone.
    json(give(&app, &own_handle, &own_code).await, 200).await;
    assert!(is_proved(&app, &attacker).await);
    assert!(!is_proved(&app, &victim).await && !is_proved(&app, &elsewhere).await);
}

/// Two people gave a number for one address, and whoever reads its mail need not have typed either.
#[tokio::test]
async fn d31_a_number_that_a_stranger_may_have_given_is_proved_by_nobody() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    let victim = victim.with_password("chosen by the owner");
    handle_for(&app, &victim.id).await;
    assert!(messages(&app).await.is_empty());
    assert!(!is_proved(&app, &victim).await);
}

/// Whoever sets the password of a registration by a mailed link did not know the one that it came with, nor its number.
#[tokio::test]
async fn d31_a_number_that_came_with_another_password_is_proved_by_nobody() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    let path = mailed_reset(&app, &attacker.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    // The attacker knows the id, and has the telephone.
    handle_for(&app, &attacker.id).await;
    assert!(messages(&app).await.is_empty());
}

#[tokio::test]
async fn d32_whoever_asks_for_whatever_number_is_answered_alike_and_it_gets_nothing() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let elsewhere = Person::new("elsewhere@example.com").of("User2").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    let mut answers = Vec::new();
    for (what, id, phone) in [
        ("one's own", john.id.as_str(), PHONE),
        ("another number", &john.id, "+1987654321"),
        ("a number at sea", &john.id, "+88213000000"),
        ("the number with a zero more", &john.id, "+12345678900"),
        ("nobody", "zzz", PHONE),
        ("nobody with an id like others", "00000000000000000000000000", PHONE),
        ("what cannot be an id", "no/body?", PHONE),
        ("nothing", "", PHONE),
        ("somebody elsewhere", &elsewhere.id, PHONE),
        ("somebody who waits", &pending.id, PHONE),
    ] {
        let answer = Answer::of(request(&app, "User1", id, phone).await).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let handle = body["otp"].as_str().unwrap();
        assert_eq!(handle.len(), 43);
        answers.push((what.to_owned(), answer.without(handle)));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    let sent = messages(&app).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["to"], PHONE);
}

#[tokio::test]
async fn d32_asking_for_a_code_is_the_same_work_whether_or_not_it_is_sent() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let pending = Person::new("pending@example.com").register(&app).await;
    app.pump().await;
    let mut works = Vec::new();
    for (what, id, phone) in [
        ("one's own", john.id.as_str(), PHONE),
        ("one's own again", &john.id, PHONE),
        ("another number", &john.id, "+1987654321"),
        ("nobody", "00000000000000000000000000", PHONE),
        ("somebody who waits", &pending.id, PHONE),
    ] {
        app.watched.take();
        json(request(&app, "User1", id, phone).await, 200).await;
        works.push((what, app.watched.take()));
    }
    let (_, expected) = &works[0];
    assert!(works.iter().all(|(_, work)| work == expected), "{works:#?}");
}

#[tokio::test]
async fn d32_giving_a_code_back_is_the_same_work_whether_or_not_it_was_sent() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut seen = Vec::new();
    for (what, id, phone) in [("one's own", john.id.as_str(), PHONE), ("nobody", "nobody", PHONE)] {
        let handle = handle_in(json(request(&app, "User1", id, phone).await, 200).await);
        for number in 1..=6 {
            app.watched.take();
            let answer = Answer::of(give(&app, &handle, "wrong").await).await;
            seen.push((format!("{number} of {what}"), answer, app.watched.take()));
        }
    }
    let (real, decoy) = seen.split_at(6);
    for ((what, answer, work), (_, other_answer, other_work)) in real.iter().zip(decoy) {
        assert_eq!((answer, work), (other_answer, other_work), "{what}");
    }
}

/// What the origin drew from 900,000 numbers by a generator that can be foretold comes from a keyed hash here.
#[test]
fn d34_ten_thousand_codes_are_spread_over_a_million() {
    let ctx = Ctx::new(&ManualClock::at(BEGIN), Arc::new(SeededRandom::new(34)), Default::default());
    let realm = RealmName::parse("User1").unwrap();
    let keys = RealmKeys::derive(realm.clone(), &RootKey::random(&ctx));
    let (phone, other) = (PhoneNumber::parse(PHONE).unwrap(), PhoneNumber::parse("+1987654321").unwrap());
    let user = UserId::random(ctx.random());
    let new = || Challenge::new(&ctx, &realm, Purpose::Phone, &user, Duration::from_secs(300));
    let challenges: Vec<_> = (0..10_000).map(|_| new()).collect();
    let codes: Vec<_> = challenges.iter().map(|one| Code::derive(&keys, one, &phone).expose().to_owned()).collect();

    assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    let distinct: HashSet<_> = codes.iter().collect();
    // Some fifty meet by chance.
    assert!((9_900..=9_990).contains(&distinct.len()), "{}", distinct.len());
    let with_zero = codes.iter().filter(|code| code.starts_with('0')).count();
    assert!((850..1150).contains(&with_zero), "{with_zero}");
    assert!(codes.iter().any(|code| code.starts_with("00")));
    for place in 0..6 {
        let spread = chi_squared(10, codes.iter().map(|code| usize::from(code.as_bytes()[place] - b'0')));
        // Of nine degrees of freedom; one in a million is beyond.
        assert!(spread < 45.1, "{spread} in place {place}");
    }
    let hundreds = codes.iter().map(|code| code[..2].parse().unwrap());
    let spread = chi_squared(100, hundreds);
    assert!(spread < 180.0, "{spread}");
    // The number is part of it.
    let same = challenges.iter().zip(&codes).filter(|(one, code)| Code::derive(&keys, one, &other).is(code)).count();
    assert!(same < 5, "{same}");
}

fn chi_squared(classes: usize, drawn: impl Iterator<Item = usize>) -> f64 {
    let mut counts = vec![0.0_f64; classes];
    drawn.for_each(|class| counts[class] += 1.0);
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

#[tokio::test]
async fn d34_a_zero_in_front_is_part_of_a_code() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..200 {
        let (handle, code) = challenge(&app, &john).await;
        let Some(rest) = code.strip_prefix('0') else { continue };
        for bad in [rest, &format!("0{code}"), &format!("{rest}0"), &format!("+{rest}")] {
            is_refused(&app, &handle, bad, WRONG).await;
        }
        json(give(&app, &handle, &code).await, 200).await;
        return;
    }
    panic!("no code began with a zero");
}

#[tokio::test]
async fn d35_handle_and_code_may_be_sent_where_nobody_writes_them_down() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let paths = json(app.get("/openapi.json").await, 200).await["paths"].clone();
    assert!(paths["/v1/{realm}/verify_otp_phone"]["post"].is_object());
    let path = "/User1/verify_otp_phone";
    let (handle, code) = challenge(&app, &john).await;
    // By POST, what stands in the query counts for nothing, not even as a try.
    for _ in 0..6 {
        problem(app.post_form(&format!("{path}?token={handle}&otp={code}"), &[]).await, 422).await;
    }
    assert_eq!(json(app.post_form(path, &[("token", &handle), ("otp", &code)]).await, 200).await, told());
    let (handle, code) = challenge(&app, &john).await;
    assert_eq!(json(app.post_json(path, json!({ "token": handle, "otp": code })).await, 200).await, told());
    let (handle, code) = challenge(&app, &john).await;
    assert_eq!(json(app.get(&format!("{path}?token={handle}&otp={code}")).await, 200).await, told());
}

fn told() -> Value {
    json!({ "message": "OTP verified successfully" })
}

#[tokio::test]
async fn d37_nothing_that_is_handed_out_beside_it_is_an_access_token() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    let decoy = handle_for(&app, "nobody").await;
    let (_, fresh) = pair(&app, &john).await;
    let reset = mailed_reset(&app, &john.email).await;
    let mut answers = Vec::new();
    for (what, token) in [
        ("nothing of ours", "a.b.c"),
        ("a handle", &handle),
        ("a decoy", &decoy),
        ("a code", &code),
        ("a refresh token", &fresh),
        ("a reset link", token_of(&reset)),
    ] {
        for path in ["/User1/me", "/User1/logout"] {
            answers.push((what.to_owned(), Answer::of(app.get_as(token, path).await).await));
        }
        let path = format!("/User1/delete?id={}&email={}", john.id, john.email);
        let delete = app.request(Method::DELETE, &path).bearer_auth(token);
        answers.push((what.to_owned(), Answer::of(delete.send().await.unwrap()).await));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 401);
    json(give(&app, &handle, &code).await, 200).await;
}

#[tokio::test]
async fn d38_a_provider_that_fails_or_hangs_holds_up_no_request() {
    let outlets = Outlets::open(&[("MAIL_TIMEOUT", "30s")]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 500, code: None });
    let first = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.twilio.behave(Behaviour::Hang);
    let requests = async {
        let handle = outlets.ask(&john.id, PHONE).await;
        is_refused(&outlets.app, &first, "123456", DEAD).await;
        for number in 0..20 {
            let jane = Person::new(&format!("jane{number}@example.com")).register(&outlets.app).await;
            problem(outlets.app.login("User1", &jane.email, &jane.password).await, 403).await;
        }
        handle
    };
    // Asked for before, so that it hangs already.
    outlets.ask(&john.id, PHONE).await;
    let handle = tokio::select! {
        _ = outlets.app.pump() => panic!("the provider answered"),
        handle = requests => handle,
    };
    // What came after that still comes.
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(Duration::from_secs(120));
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

/// Each of the few who send mails waits for the provider, and nobody is left for the mail of a newcomer.
#[tokio::test]
async fn d38_a_provider_that_hangs_holds_up_no_mail() {
    let (twilio, smtp) = (Twilio::start().await, SmtpServer::start(Options::default()).await);
    let url = twilio.url();
    let mut program = with_mail(
        &smtp,
        &[
            ("MAIL_TIMEOUT", "30s"),
            ("TWILIO_SID", SID),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_NUMBER", FROM),
            ("TWILIO_API_URL", &url),
            UNLIMITED,
        ],
    );
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let mut ids = Vec::new();
    for number in 0..8 {
        let person = Person::new(&format!("person{number}@example.com"));
        visitor.join(&smtp, &person).await;
        let token = visitor.log_in(&person).await;
        ids.push(json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].clone());
    }
    twilio.behave(Behaviour::Hang);
    for id in ids {
        let ask = visitor.request(Method::POST, "/User1/otp_phone").json(&json!({ "id": id, "phone": PHONE }));
        json(ask.send().await.unwrap(), 200).await;
    }
    while twilio.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    visitor.join(&smtp, &Person::new("newcomer@example.com")).await;
}

#[tokio::test]
async fn d39_the_documented_call_works_and_so_does_the_one_of_the_code() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    // As the README prints it.
    let body = format!("{{\n    \"id\": \"{}\",\n    \"phone\": \"+1234567890\"\n  }}", john.id);
    let query = format!("/User1/otp_phone?id={}&phone=%2B1234567890", john.id);
    let plus = format!("/User1/otp_phone?id={}&phone=+1234567890", john.id);
    let post = |path: &str| app.request(Method::POST, path);
    for (number, (what, request)) in [
        ("the README's", post("/User1/otp_phone").header("Content-Type", "application/json").body(body)),
        ("query parameters", post(&query)),
        ("query parameters by hand", post(&plus)),
        // As the documentation pages of the origin send it, and as `curl -d ''` does.
        ("an empty form beside", post(&query).header("Content-Type", "application/x-www-form-urlencoded").body("")),
        ("an empty body beside", post(&query).header("Content-Type", "application/json").body("")),
    ]
    .into_iter()
    .enumerate()
    {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{what}");
        let handle = handle_in(response.json().await.unwrap());
        let sent = messages(&app).await;
        assert_eq!(sent.len(), number + 1, "{what}");
        json(give(&app, &handle, sent[0]["code"].as_str().unwrap()).await, 200).await;
    }
}
