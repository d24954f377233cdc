//! Rows D11 to D18, D24 and D25: emailed links of registrations.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;

use super::{UNLIMITED, ask, contested, reset_path, storage, together, token_of};
use crate::support::{Person, TestApp, json, problem};

const DAY: Duration = Duration::from_secs(24 * 3600);
const SECOND: Duration = Duration::from_secs(1);

async fn reset(app: &TestApp, realm: &str, token: &str, password: &str) -> u16 {
    let path = format!("/{realm}/reset_password?token={token}");
    app.post_form(&path, &[("password", password)]).await.status().as_u16()
}

#[tokio::test]
async fn d11_a_verify_link_resets_no_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    assert_eq!(reset(&app, "User1", token_of(&link), "attackers new phrase").await, 400);
    let john = john.verify(&app).await;
    assert_eq!(reset(&app, "User1", token_of(&link), "attackers new phrase").await, 400);
    problem(app.login("User1", &john.email, "attackers new phrase").await, 401).await;
    john.log_in(&app).await;

    // This also holds if the same email opens a password form.
    let (_, victim) = contested(&app).await;
    for page in ["verify", "undo"] {
        let link = app.link(&victim.email, page).await;
        assert_eq!(reset(&app, "User1", token_of(&link), "attackers new phrase").await, 400);
    }
    problem(app.login("User1", &victim.email, "attackers new phrase").await, 401).await;
}

#[tokio::test]
async fn d12_a_reset_link_verifies_no_address() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    let undo = app.link(&victim.email, "undo").await;
    for token in [token_of(&path), token_of(&undo)] {
        problem(ask(&app, &format!("/User1/verify?token={token}")).await, 400).await;
    }
    assert_eq!(app.post_form("/User1/undo", &[("token", token_of(&path))]).await.status(), 400);
    problem(app.login("User1", &victim.email, &victim.password).await, 403).await;
    // None of these requests used up the link.
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
}

#[tokio::test]
async fn d13_a_link_of_one_realm_is_invalid_in_another() {
    let app = TestApp::start().await;
    let here = Person::new("john@example.com").register(&app).await;
    let (verify, undo) = (app.link(&here.email, "verify").await, app.link(&here.email, "undo").await);
    let there = here.clone().of("User2").register(&app).await;
    problem(ask(&app, &format!("/User2/verify?token={}", token_of(&verify))).await, 400).await;
    problem(ask(&app, &format!("/User2/undo?token={}", token_of(&undo))).await, 400).await;
    assert_eq!(app.post_form("/User2/undo", &[("token", token_of(&undo))]).await.status(), 400);

    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    contested_in(&app, "User2").await;
    assert_eq!(reset(&app, "User2", token_of(&path), "attackers new phrase").await, 400);

    problem(app.login("User2", &there.email, &there.password).await, 403).await;
    assert_eq!(app.open(&verify).await.status(), 200);
    here.log_in(&app).await;
}

async fn contested_in(app: &TestApp, realm: &str) {
    for password in ["attackers own phrase", "victims own phrase"] {
        Person::new("victim@example.com").of(realm).with_password(password).register(app).await;
    }
}

#[tokio::test]
async fn d14_a_link_is_valid_for_as_long_as_its_mail_says() {
    let app = TestApp::start().await;
    let early = Person::new("early@example.com").register(&app).await;
    let late = Person::new("late@example.com").register(&app).await;
    let (link, too_late) = (app.link(&early.email, "verify").await, app.link(&late.email, "verify").await);
    let undo = app.link(&late.email, "undo").await;
    for mail in app.mails().await {
        assert!(mail["text"].as_str().unwrap().contains("24 hours"));
        assert!(mail["html"].as_str().unwrap().contains("24 hours"));
    }
    app.advance(DAY - SECOND);
    assert_eq!(app.open(&link).await.status(), 200);
    app.advance(SECOND);
    for link in [&too_late, &undo] {
        problem(ask(&app, link).await, 400).await;
    }
    app.advance(30 * DAY);
    for link in [&link, &too_late, &undo] {
        problem(ask(&app, link).await, 400).await;
    }
    problem(app.login("User1", &late.email, &late.password).await, 401).await;
}

#[tokio::test]
async fn d14_the_email_matches_the_settings() {
    let app = TestApp::with(&[("VERIFICATION_TTL", "2h")]).await;
    let john = Person::new("john@example.com").register(&app).await;
    let mails = app.mails_to(&john.email).await;
    app.advance(Duration::from_secs(2 * 3600));
    let page = app.open(&app.link(&john.email, "verify").await).await;
    assert_eq!(page.status(), 400);
    let page = page.text().await.unwrap();
    for promise in [mails[0]["text"].as_str().unwrap(), mails[0]["html"].as_str().unwrap(), page.as_str()] {
        assert!(!promise.contains("24 hours"), "the link was valid for two hours: {promise}");
    }
}

#[tokio::test]
async fn d14_the_password_form_expires_too() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    app.advance(DAY);
    assert_eq!(app.post_form(&path, &[("password", "chosen too late")]).await.status(), 400);
    problem(app.login("User1", &victim.email, "chosen too late").await, 401).await;
}

#[tokio::test]
async fn d15_a_reset_link_works_once() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    assert_eq!(app.post_form(&path, &[("password", "chosen by a thief")]).await.status(), 400);
    // A password that would be rejected does not change that.
    assert_eq!(app.post_form(&path, &[("password", "a")]).await.status(), 400);
    problem(app.login("User1", &victim.email, "chosen by a thief").await, 401).await;
    victim.with_password("chosen by the owner").log_in(&app).await;
}

#[tokio::test]
async fn d16_of_fifty_resets_at_one_moment_one_counts() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    let phrase = |number| format!("phrase-number-{number}");
    let form = |number| format!("password={}", phrase(number));
    let requests = (0..50).map(|n| together::post(&path, "application/x-www-form-urlencoded", &form(n))).collect();
    let statuses = together::statuses(&app.base, requests).await;
    let won: Vec<_> = (0..50).filter(|&number| statuses[number] == 200).collect();
    assert_eq!(won.len(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 49, "{statuses:?}");
    for number in 0..50 {
        let status = app.login("User1", &victim.email, &phrase(number)).await.status();
        assert_eq!(status, if number == won[0] { 200 } else { 401 });
    }
}

#[tokio::test]
async fn d17_a_newer_registration_with_another_password_ends_the_links_of_an_older() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let (verify, undo) = (app.link(&john.email, "verify").await, app.link(&john.email, "undo").await);
    john.with_password("another good phrase").register(&app).await;
    for old in [&verify, &undo] {
        problem(ask(&app, old).await, 400).await;
    }

    let (_, victim) = contested(&app).await;
    let old = reset_path(&app, &victim.email).await;
    let victim = victim.register(&app).await;
    assert_eq!(app.post_form(&old, &[("password", "chosen with the old link")]).await.status(), 400);
    let new = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&new, &[("password", "chosen with the new link")]).await.status(), 200);
    // Using one link invalidates all of them.
    for link in ["verify", "undo"] {
        let token = token_of(&app.link(&victim.email, link).await).to_owned();
        assert_eq!(reset(&app, "User1", &token, "chosen by a thief").await, 400);
    }
    problem(ask(&app, &app.link(&victim.email, "undo").await).await, 400).await;
}

#[tokio::test]
async fn d18_no_link_can_be_made_from_the_database() {
    let app = TestApp::start().await;
    let mut tokens = Vec::new();
    let john = Person::new("john@example.com").register(&app).await;
    tokens.push(token_of(&app.link(&john.email, "verify").await).to_owned());
    tokens.push(token_of(&app.link(&john.email, "undo").await).to_owned());
    let (_, victim) = contested(&app).await;
    tokens.push(token_of(&reset_path(&app, &victim.email).await).to_owned());
    tokens.push(token_of(&app.link(&victim.email, "verify").await).to_owned());
    // This also holds for an email that has not been sent yet.
    Person::new("waiting@example.com").register(&app).await;

    for token in &tokens {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        let (seed, proof) = bytes.split_at(16);
        assert_eq!(proof.len(), 16, "128 bits that are stored nowhere");
        for (name, kept) in app.contents().await {
            assert!(!storage::has(&kept, token.as_bytes()), "{name} contains a token");
            assert!(!storage::has(&kept, proof), "{name} contains the proof of a token");
        }
        let kept = app.contents().await;
        assert!(kept.iter().any(|(_, kept)| storage::has(kept, seed)), "this looked into the wrong files");
    }
}

#[tokio::test]
async fn d24_looking_at_a_link_does_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let verify = app.link(&john.email, "verify").await;
    let undo = app.link(&john.email, "undo").await;
    for link in [&verify, &undo] {
        for method in [Method::HEAD, Method::OPTIONS] {
            app.request(method, link.strip_prefix(&app.base).unwrap()).send().await.unwrap();
        }
        app.open(&undo).await;
    }
    problem(app.login("User1", &john.email, &john.password).await, 403).await;

    // A scanner opens the link, then the user. Both see success, and neither is signed in.
    for _ in 0..2 {
        let page = app.open(&verify).await;
        assert_eq!(page.status(), 200);
        assert!(!page.headers().contains_key("set-cookie"));
        assert!(!page.text().await.unwrap().contains("eyJ"));
    }
    john.log_in(&app).await;
}

#[tokio::test]
async fn d24_a_password_is_never_set_by_get() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    for method in [Method::GET, Method::HEAD, Method::PUT] {
        let answer = app.request(method, &format!("{path}&password=chosen%20by%20a%20link")).send().await.unwrap();
        assert_eq!(answer.status(), 405);
    }
    // A POST with the password in the URL is also rejected.
    let answer = app.post_form(&format!("{path}&password=chosen%20by%20a%20link"), &[]).await;
    assert!(answer.status().is_client_error());
    problem(app.login("User1", &victim.email, "chosen by a link").await, 401).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
}

#[tokio::test]
async fn d25_an_attacker_who_registers_first_gains_nothing() {
    let app = TestApp::start().await;
    let (attacker, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    problem(app.login("User1", &attacker.email, &attacker.password).await, 401).await;
    let token = victim.clone().with_password("chosen by the owner").log_in(&app).await;
    let profile = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!(profile["id"], victim.id.as_str());
    assert_ne!(profile["id"], attacker.id.as_str());
}

#[tokio::test]
async fn d25_an_attacker_who_registers_last_gains_nothing() {
    let app = TestApp::start().await;
    Person::new("victim@example.com").with_password("victims own phrase").register(&app).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    // The victim opens the newest link, which alone verifies nothing.
    let page = app.open(&app.link(&attacker.email, "verify").await).await.text().await.unwrap();
    assert!(page.contains("<form"));
    problem(app.login("User1", &attacker.email, &attacker.password).await, 403).await;
}

#[tokio::test]
async fn d25_this_was_not_me_ends_a_registration() {
    let app = TestApp::start().await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    let verify = app.link(&attacker.email, "verify").await;
    let undo = app.link(&attacker.email, "undo").await;
    assert_eq!(app.post_form("/User1/undo", &[("token", token_of(&undo))]).await.status(), 200);
    problem(ask(&app, &verify).await, 400).await;
    problem(app.login("User1", &attacker.email, &attacker.password).await, 401).await;
    let owner = Person::new("victim@example.com").with_password("the owners own phrase").join(&app).await;
    owner.log_in(&app).await;
}

#[tokio::test]
async fn d25_an_unconfirmed_registration_expires() {
    let app = TestApp::start().await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    app.advance(7 * DAY);
    problem(app.login("User1", &attacker.email, &attacker.password).await, 401).await;
    // The owner is not affected later, because the address is no longer contested.
    let owner = Person::new("victim@example.com").with_password("the owners own phrase").join(&app).await;
    owner.log_in(&app).await;
}
