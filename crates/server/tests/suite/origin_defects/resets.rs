//! Rows D12 to D18, D24, D45, D53, D58 and D78 to D80: a forgotten password, and the link by which its owner sets another.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use serde_json::json;

use super::{
    UNLIMITED,
    answer::{Answer, assert_alike},
    ask, contested, mailed_reset, newest_reset, pair, refresh, reset_path, storage, together, token_of, tokens,
};
use crate::support::{
    Person, TestApp, Work, json, problem,
    smtp::{Behaviour, Options, SmtpServer},
};

const NEW: &str = "chosen by the owner";

async fn reset(app: &TestApp, path: &str, password: &str) -> u16 {
    app.post_form(path, &[("password", password)]).await.status().as_u16()
}

#[tokio::test]
async fn d12_a_mailed_reset_link_verifies_no_address() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    for page in ["verify", "undo", "verify_otp_phone"] {
        problem(ask(&app, &format!("/User1/{page}?token={}&otp=123456", token_of(&path))).await, 400).await;
    }
    assert_eq!(app.post_form("/User1/undo", &[("token", token_of(&path))]).await.status(), 400);
    problem(app.login("User1", &john.email, &john.password).await, 403).await;
    // All of that spent nothing.
    assert_eq!(reset(&app, &path, NEW).await, 200);
}

#[tokio::test]
async fn d13_a_mailed_reset_link_does_nothing_in_another_realm() {
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
async fn d15_a_mailed_reset_link_works_once() {
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
async fn d16_of_fifty_uses_of_a_mailed_link_at_one_moment_one_counts() {
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

/// The login writes a stronger hash while the new password is hashed.
#[tokio::test]
async fn d16_a_login_at_the_same_moment_does_not_make_a_good_link_bad() {
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
    // One whose mail still waits when a newer one is asked for is not even sent.
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

/// Both lead to the same account, and whichever sets its password is the last.
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
    assert_eq!(proof.len(), 16, "128 bits that nobody can know");
    let kept = app.contents().await;
    for (name, kept) in &kept {
        assert!(!storage::has(kept, token_of(&path).as_bytes()) && !storage::has(kept, proof), "it stands in {name}");
    }
    assert!(kept.iter().any(|(_, kept)| storage::has(kept, seed)), "this looked into the wrong files");
}

#[tokio::test]
async fn d24_the_form_of_a_mailed_link_acts_on_post_alone() {
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

#[tokio::test]
async fn d45_a_mailed_reset_keeps_the_rules_of_create() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let path = mailed_reset(&app, &john.email).await;
    for password in ["a", "", "7 chars", "password", "Password1!", "john@example.com", "JohnDoe1", "abc\0defghi"] {
        let send = app.request(Method::POST, &path).header("Accept", "application/json");
        let at_reset = problem(send.form(&[("password", password)]).send().await.unwrap(), 422).await["errors"].clone();
        let at_create = Person::new(&john.email).with_password(password).form();
        let at_create = problem(app.post_json("/User1/create", at_create).await, 422).await["errors"].clone();
        assert_eq!(at_reset, at_create, "{password:?}");
    }
    john.log_in(&app).await;
    assert_eq!(reset(&app, &path, NEW).await, 200, "none of them spent the link");
}

#[tokio::test]
async fn d53_after_a_mailed_reset_no_spelling_remembers_the_old_password() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let spellings = ["john@example.com", "John@Example.com", " JOHN@EXAMPLE.COM "];
    for email in spellings {
        json(app.login("User1", email, &john.password).await, 200).await;
    }
    json(app.post_form("/User1/forget_password", &[("email", "JOHN@example.com")]).await, 200).await;
    assert_eq!(reset(&app, &newest_reset(&app, &john.email).await, NEW).await, 200);
    for email in spellings {
        problem(app.login("User1", email, &john.password).await, 401).await;
        json(app.login("User1", email, NEW).await, 200).await;
    }
}

#[tokio::test]
async fn d58_a_reset_ends_every_session_of_its_owner_and_nobody_elses() {
    let app = TestApp::with(&[("JWT_ISSUER", "https://accounts.example.com/{realm}")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (access, fresh) = pair(&app, &john).await;
    let (other_access, other_fresh) = pair(&app, &john).await;
    let (renewed_access, renewed_fresh) = tokens(&json(refresh(&app, "User1", &other_fresh).await, 200).await).unwrap();
    let (jane, namesake) = (Person::new("jane@example.com").join(&app).await, john.clone().of("User2"));
    let namesake = namesake.join(&app).await;
    let bystanders = [("User1", pair(&app, &jane).await), ("User2", pair(&app, &namesake).await)];
    for token in [&access, &other_access, &renewed_access] {
        json(app.get_as(token, "/User1/me").await, 200).await;
    }
    let path = mailed_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);

    let is_over = async |app: &TestApp| {
        let mut answers = vec![("none".to_owned(), Answer::of(app.get_as("a.b.c", "/User1/me").await).await)];
        for token in [&access, &other_access, &renewed_access] {
            answers.push((token.clone(), Answer::of(app.get_as(token, "/User1/me").await).await));
        }
        assert_alike(&answers);
        assert_eq!(answers[0].1.status, 401);
        for token in [&fresh, &other_fresh, &renewed_fresh] {
            assert_eq!(json(refresh(app, "User1", token).await, 400).await["error"], "invalid_grant");
        }
    };
    is_over(&app).await;
    let app = app.restart().await;
    is_over(&app).await;
    for (realm, (access, fresh)) in &bystanders {
        json(app.get_as(access, &format!("/{realm}/me")).await, 200).await;
        json(refresh(&app, realm, fresh).await, 200).await;
    }
}

#[tokio::test]
async fn d58_no_session_that_began_at_the_moment_of_the_reset_outlives_it() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for round in 0..5 {
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let (_, fresh) = pair(&app, &john).await;
        let path = mailed_reset(&app, &john.email).await;
        let login = together::form("/User1/login", &format!("username={}&password={}", john.email, john.password));
        let renewal = together::form("/User1/token", &format!("grant_type=refresh_token&refresh_token={fresh}"));
        let mut requests: Vec<_> = (0..49).map(|n| if n % 2 == 0 { login.clone() } else { renewal.clone() }).collect();
        requests.insert(round * 10, together::form(&path, "password=chosen+by+the+owner"));
        let answers = together::answers(&app.base, requests).await;
        assert_eq!(answers[round * 10].0, 200, "{}", answers[round * 10].1);
        for (_, body) in &answers {
            if let Some((access, fresh)) = tokens(&serde_json::from_str(body).unwrap()) {
                problem(app.get_as(&access, "/User1/me").await, 401).await;
                json(refresh(&app, "User1", &fresh).await, 400).await;
            }
        }
        john.with_password(NEW).log_in(&app).await;
    }
}

/// Somebody who has an account, who waits for one, who does both, and who has none here.
async fn all_sorts(app: &TestApp) -> [(&'static str, &'static str); 6] {
    Person::new("owner@example.com").join(app).await;
    Person::new("pending@example.com").register(app).await;
    Person::new("both@example.com").join(app).await;
    Person::new("both@example.com").with_password("somebody elses phrase").register(app).await;
    Person::new("elsewhere@example.com").of("User2").join(app).await;
    app.pump().await;
    [
        ("nobody", "nobody@example.com"),
        ("somebody", "owner@example.com"),
        ("somebody, spelt otherwise", "OWNER@Example.com"),
        ("somebody who waits", "pending@example.com"),
        ("somebody whose address was registered again", "both@example.com"),
        ("somebody of another realm", "elsewhere@example.com"),
    ]
}

#[tokio::test]
async fn d78_forget_password_answers_alike_for_everybody() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let mut answers = Vec::new();
    for (what, email) in all_sorts(&app).await {
        let get = app.get(&format!("/User1/forget_password?email={email}")).await;
        let form = app.post_form("/User1/forget_password", &[("email", email)]).await;
        let as_json = app.post_json("/User1/forget_password", json!({ "email": email })).await;
        for (way, answer) in [("GET", get), ("form", form), ("JSON", as_json)] {
            answers.push((format!("{what} by {way}"), Answer::of(answer).await));
        }
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    assert!(answers[0].1.body.contains("Password reset link sent to your email"));
    for nobody in ["nobody@example.com", "elsewhere@example.com"] {
        assert!(!app.mails_to(nobody).await.iter().any(|mail| mail["links"].to_string().contains("reset")), "{nobody}");
    }
}

#[tokio::test]
async fn d79_forget_password_is_the_same_work_for_everybody() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (what, email) in all_sorts(&app).await {
        // The second time there is an older link to end.
        for time in ["first", "second"] {
            app.watched.take();
            json(app.post_form("/User1/forget_password", &[("email", email)]).await, 200).await;
            assert_eq!(app.watched.take(), Work { hashes: 0, reads: 1, commits: vec![4] }, "{what}, the {time} time");
        }
    }
}

#[tokio::test]
async fn d79_a_mail_server_that_is_away_shows_in_no_answer_and_loses_no_link() {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let app = TestApp::with(&[("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]).await;
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    smtp.behave(Behaviour::Refuse);
    let mut answers = Vec::new();
    for email in ["nobody@example.com", "john@example.com"] {
        let answer = app.post_form("/User1/forget_password", &[("email", email)]).await;
        answers.push((email.to_owned(), Answer::of(answer).await));
        app.pump().await;
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    smtp.behave(Behaviour::Accept);
    app.advance(Duration::from_secs(60));
    app.pump().await;
    let mails = smtp.messages();
    assert_eq!(mails.iter().map(|mail| mail.to.concat()).collect::<Vec<_>>(), vec![john.email.clone(); 2]);
    let links = mails[1].links();
    let link = links.iter().find(|link| link.contains("reset_password_form")).unwrap();
    assert_eq!(app.open(link).await.status(), 200);
}

#[tokio::test]
async fn d80_the_address_may_be_sent_where_nobody_writes_it_down() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let before = app.mails_to(&john.email).await.len();
    json(app.post_form("/User1/forget_password", &[("email", &john.email)]).await, 200).await;
    app.pump().await;
    json(app.post_json("/v1/User1/forget_password", json!({ "email": john.email })).await, 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), before + 2);
    let paths = json(app.get("/openapi.json").await, 200).await["paths"].clone();
    assert!(paths["/v1/{realm}/forget_password"]["post"].is_object());
    // By POST, what stands in the query counts for nothing.
    problem(app.post_form("/User1/forget_password?email=john@example.com", &[]).await, 422).await;
    let sent = app.mails_to(&john.email).await;
    assert_eq!(sent.len(), before + 2);
    let path = newest_reset(&app, &john.email).await;
    assert_eq!(reset(&app, &path, NEW).await, 200);
    john.with_password(NEW).log_in(&app).await;
}
