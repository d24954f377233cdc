//! Rows D27, D30, D34 and D37: codes are secret, random and short-lived, and give no other access.

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
use reqwest::Method;

use super::{DEAD, WRONG, challenge, handle_for, handle_in, is_rejected, messages, request, wrong};
use crate::{
    origin_defects::{
        UNLIMITED,
        answer::{Answer, assert_alike},
        mailed_reset, pair, storage, token_of,
    },
    sms::{PHONE, give, is_proved},
    support::{BEGIN, Person, TestApp, json, problem},
};

#[tokio::test]
async fn d27_no_response_contains_a_code() {
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
        // Two times 128 bits, of which the second half is random: no claims, no number.
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
        assert!(!storage::has(kept, handle.as_bytes()) && !storage::has(kept, proof), "{name} contains a handle");
    }
    assert!(kept.iter().any(|(_, kept)| storage::has(kept, seed)), "this looked into the wrong files");
}

#[tokio::test]
async fn d30_a_code_works_for_as_long_as_its_setting_says() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    assert!(!messages(&app).await[0]["text"].as_str().unwrap().contains("minutes"), "the message promises no lifetime");
    app.advance(Duration::from_secs(299));
    is_rejected(&app, &handle, &wrong(&code), WRONG).await;
    app.advance(Duration::from_secs(1));
    is_rejected(&app, &handle, &code, DEAD).await;
    // A code that was delivered late expires with its handle.
    let handle = handle_for(&app, &john.id).await;
    app.advance(Duration::from_secs(290));
    let code = messages(&app).await[0]["code"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(10));
    is_rejected(&app, &handle, &code, DEAD).await;
    assert!(!is_proved(&app, &john).await);

    let app = app.restart_with(&[("OTP_TTL", "2m")]).await;
    let (handle, code) = challenge(&app, &john).await;
    app.advance(Duration::from_secs(120));
    is_rejected(&app, &handle, &code, DEAD).await;
}

#[test]
fn d30_no_setting_allows_a_code_to_be_valid_for_an_hour() {
    let env = vec![("OTP_TTL".to_owned(), "1h".to_owned())];
    let dir = tempfile::tempdir().unwrap();
    let sources = Sources { args: Args::default(), env, dir: dir.path().to_owned() };
    let refused = config::load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
    assert!(refused.contains("OTP_TTL: must be at most 10m"), "{refused}");
}

/// The original service drew codes from 900,000 numbers with a predictable generator; here they are derived with a
/// keyed hash.
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
    // About fifty collide by chance.
    assert!((9_900..=9_990).contains(&distinct.len()), "{}", distinct.len());
    let with_zero = codes.iter().filter(|code| code.starts_with('0')).count();
    assert!((850..1150).contains(&with_zero), "{with_zero}");
    assert!(codes.iter().any(|code| code.starts_with("00")));
    for place in 0..6 {
        let spread = chi_squared(10, codes.iter().map(|code| usize::from(code.as_bytes()[place] - b'0')));
        // With nine degrees of freedom, one in a million runs exceeds this value.
        assert!(spread < 45.1, "{spread} in place {place}");
    }
    let hundreds = codes.iter().map(|code| code[..2].parse().unwrap());
    let spread = chi_squared(100, hundreds);
    assert!(spread < 180.0, "{spread}");
    // The code depends on the number.
    let same = challenges
        .iter()
        .zip(&codes)
        .filter(|(one, code)| Code::derive(&keys, one, &other).expose() == code.as_str())
        .count();
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
        for no_code in [rest, &format!("0{code}"), &format!("+{rest}")] {
            problem(give(&app, &handle, no_code).await, 422).await;
        }
        is_rejected(&app, &handle, &format!("{rest}0"), WRONG).await;
        json(give(&app, &handle, &code).await, 200).await;
        return;
    }
    panic!("no code began with a zero");
}

#[tokio::test]
async fn d37_no_other_value_is_accepted_as_an_access_token() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (handle, code) = challenge(&app, &john).await;
    let decoy = handle_for(&app, "unknown").await;
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
