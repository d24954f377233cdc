//! Rows D12 to D18 and D24: what a reset link can do, for how long, and how often.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;

use super::{NEW, reset};
use crate::{
    origin_defects::{UNLIMITED, ask, contested, mailed_reset, newest_reset, reset_path, storage, together, token_of},
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d12_an_emailed_reset_link_verifies_no_address() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    for page in ["verify", "undo", "verify_otp_phone"] {
        problem(ask(&app, &format!("/User1/{page}?token={}&otp=123456", token_of(&path))).await, 400).await;
    }
    assert_eq!(app.post_form("/User1/undo", &[("token", token_of(&path))]).await.status(), 400);
    problem(app.login("User1", &john.email, &john.password).await, 403).await;
    // None of these requests used up the link.
    assert_eq!(reset(&app, &path, NEW).await, 200);
}

#[tokio::test]
async fn d13_an_emailed_reset_link_does_nothing_in_another_realm() {
    let app = TestApp::start().await;
    let here = Person::new("john@example.com").join(&app).await;
    let there = here.clone().of("User2").join(&app).await;
    let path = mailed_reset(&app, &here.email).await;
    assert_eq!(reset(&app, &path.replace("User1", "User2"), NEW).await, 400);
    there.log_in(&app).await;
    here.log_in(&app).await;
}

#[tokio::test]
async fn d14_a_reset_link_is_good_for_as_long_as_its_mail_says() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    let mail = &app.mails_to(&john.email).await[0];
    for part in ["text", "html"] {
        assert!(mail[part].as_str().unwrap().contains("30 minutes"), "{}", mail[part]);
    }
    app.advance(Duration::from_secs(30 * 60));
    assert_eq!(reset(&app, &path, NEW).await, 400);
    john.log_in(&app).await;
}

#[tokio::test]
async fn d15_an_emailed_reset_link_works_once() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);
    for password in ["chosen by a thief", NEW, "a"] {
        assert_eq!(reset(&app, &path, password).await, 400);
    }
    problem(app.login("User1", &john.email, "chosen by a thief").await, 401).await;
    john.with_password(NEW).log_in(&app).await;
}

#[tokio::test]
async fn d16_one_of_fifty_concurrent_uses_of_an_emailed_link_succeeds() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..4 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let path = mailed_reset(&app, &john.email).await;
        let phrase = |number| format!("phrase-number-{number}");
        let requests = (0..50).map(|n| together::form(&path, &format!("password={}", phrase(n)))).collect();
        let statuses = together::statuses(&app.base, requests).await;
        let won: Vec<_> = (0..50).filter(|&number| statuses[number] == 200).collect();
        assert_eq!(won.len(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 49, "{statuses:?}");
        for number in 0..50 {
            let status = app.login("User1", &john.email, &phrase(number)).await.status();
            assert_eq!(status, if number == won[0] { 200 } else { 401 });
        }
    }
}

/// The login writes a stronger hash while the new password is being hashed.
#[tokio::test]
async fn d16_a_concurrent_login_does_not_invalidate_a_link() {
    let cost = [("HASH_THREADS", "1"), ("ARGON2_MEMORY_KIB", "65536"), ("ARGON2_ITERATIONS", "3")];
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let app = Arc::new(app.restart_with(&cost).await);
    json(app.get("/User1/forget_password?email=john@example.com").await, 200).await;
    let path = newest_reset(&app, &john.email).await;
    app.watched.take();
    let login = tokio::spawn({
        let (app, john) = (Arc::clone(&app), john.clone());
        async move { app.login("User1", &john.email, &john.password).await.status().as_u16() }
    });
    // The second hash of the login is the stronger one.
    let mut hashes = 0;
    while hashes < 2 {
        hashes += app.watched.take().hashes;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(reset(&app, &path, NEW).await, 200);
    assert!([200, 401].contains(&login.await.unwrap()));
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    john.with_password(NEW).log_in(&app).await;
}

#[tokio::test]
async fn d17_a_newer_link_and_a_new_password_end_every_older_link() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = mailed_reset(&app, &john.email).await;
    let second = mailed_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &first, "chosen by a thief").await, 400);
    // If an email is still queued when a newer link is requested, it is not sent at all.
    let before = app.mails_to(&john.email).await.len();
    json(app.post_form("/User1/forget_password", &[("email", &john.email)]).await, 200).await;
    let last = mailed_reset(&app, &john.email).await;
    assert_eq!(app.mails_to(&john.email).await.len(), before + 1);
    assert_eq!(reset(&app, &second, "chosen by a thief").await, 400);
    assert_eq!(reset(&app, &last, NEW).await, 200);
    for old in [&first, &second, &last] {
        problem(ask(&app, &old.replace("reset_password", "reset_password_form")).await, 400).await;
        assert_eq!(reset(&app, old, "chosen by a thief").await, 400);
    }
    john.with_password(NEW).log_in(&app).await;
}

/// Both open the same account, and only the first one that sets a password can be used.
#[tokio::test]
async fn d17_links_of_a_registration_and_reset_links_end_each_other() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let form = reset_path(&app, &victim.email).await;
    let mailed = mailed_reset(&app, &victim.email).await;
    assert_eq!(reset(&app, &mailed, NEW).await, 200);
    assert_eq!(reset(&app, &form, "chosen by a thief").await, 400);
    victim.with_password(NEW).log_in(&app).await;

    for password in ["one good phrase", "another good phrase"] {
        Person::new("jane@example.com").with_password(password).register(&app).await;
    }
    let form = reset_path(&app, "jane@example.com").await;
    let mailed = mailed_reset(&app, "jane@example.com").await;
    assert_eq!(reset(&app, &form, NEW).await, 200);
    assert_eq!(reset(&app, &mailed, "chosen by a thief").await, 400);
    Person::new("jane@example.com").with_password(NEW).log_in(&app).await;
}

#[tokio::test]
async fn d17_of_fifty_links_asked_for_at_one_moment_one_is_good() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let asked = together::form("/User1/forget_password", "email=john@example.com");
    assert_eq!(together::statuses(&app.base, vec![asked; 50]).await, vec![200; 50]);
    let mut good = BTreeSet::new();
    for mail in app.mails_to(&john.email).await {
        for link in mail["links"].as_array().unwrap().iter().filter_map(|link| link.as_str()) {
            if link.contains("reset_password_form") && app.open(link).await.status() == 200 {
                good.insert(link.to_owned());
            }
        }
    }
    assert_eq!(good.len(), 1);
}

#[tokio::test]
async fn d18_no_reset_link_can_be_made_from_the_database() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    let bytes = BASE64URL_NOPAD.decode(token_of(&path).as_bytes()).unwrap();
    let (seed, proof) = bytes.split_at(16);
    assert_eq!(proof.len(), 16, "128 bits that are stored nowhere");
    let kept = app.contents().await;
    for (name, kept) in &kept {
        assert!(
            !storage::has(kept, token_of(&path).as_bytes()) && !storage::has(kept, proof),
            "{name} contains the token"
        );
    }
    assert!(kept.iter().any(|(_, kept)| storage::has(kept, seed)), "this looked into the wrong files");
}

#[tokio::test]
async fn d24_the_form_of_an_emailed_link_only_acts_on_post() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    let form = path.replace("reset_password", "reset_password_form");
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in [&path, &form] {
            app.request(method.clone(), &format!("{path}&password=chosen%20by%20a%20link")).send().await.unwrap();
        }
    }
    problem(app.login("User1", &john.email, "chosen by a link").await, 401).await;
    john.log_in(&app).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);
}
