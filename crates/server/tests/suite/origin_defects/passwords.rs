//! Rows D44 to D53: accepted passwords, and the cost of hashing them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Response;
use serde_json::json;
use tokio::task::JoinSet;

use super::{UNLIMITED, contested, reset_path};
use crate::support::{Person, TestApp, json, problem};

async fn create_with(app: &TestApp, password: &str) -> Response {
    app.post_json("/User1/create", Person::new("john@example.com").with_password(password).form()).await
}

/// Returns the error code of the field `password`.
async fn refused(response: Response) -> String {
    let problem = problem(response, 422).await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    assert_eq!(problem["errors"][0]["field"], "password");
    problem["errors"][0]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn d44_not_every_password_is_taken() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (password, code) in [
        ("", "password.too_short"),
        ("7 chars", "password.too_short"),
        ("ééééééé", "password.too_short"),
        ("password", "password.breached"),
        ("PASSWORD123", "password.breached"),
        ("qwertyuiop", "password.breached"),
        ("john@example.com", "password.guessable"),
        ("JohnDoe1", "password.guessable"),
        ("Portcullis1", "password.guessable"),
        ("John2024", "password.guessable"),
        ("example.com!", "password.guessable"),
        ("User1!!!!", "password.guessable"),
        ("        ", "password.repetitive"),
        ("zzzzzzzzz", "password.repetitive"),
    ] {
        assert_eq!(refused(create_with(&app, password).await).await, code, "{password}");
    }
    json(create_with(&app, "8 chars!").await, 200).await;
    json(create_with(&app, &"long ".repeat(200)).await, 200).await;
}

#[tokio::test]
async fn d45_a_reset_keeps_the_same_rules() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let path = reset_path(&app, &victim.email).await;
    let guessable = ["victim@example.com", "JohnDoe1", "Doe.John2024", "example1", "User1234", "Portcullis!"];
    for password in [&["a", "", "7 chars", "password", "        ", "abc\0defghi"], &guessable[..]].concat() {
        let send = app.request(reqwest::Method::POST, &path).header("Accept", "application/json");
        let at_reset = refused(send.form(&[("password", password)]).send().await.unwrap()).await;
        let at_create = Person::new(&victim.email).with_password(password).form();
        assert_eq!(refused(app.post_json("/User1/create", at_create).await).await, at_reset, "{password}");
    }
    // None of them used up the link.
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    victim.with_password("chosen by the owner").log_in(&app).await;
}

#[tokio::test]
async fn d46_a_phrase_is_good_and_a_known_password_with_a_digit_is_not() {
    let app = TestApp::start().await;
    json(create_with(&app, "correct horse battery staple").await, 200).await;
    json(create_with(&app, "nothing but letters").await, 200).await;
    assert_eq!(refused(create_with(&app, "Password1!").await).await, "password.breached");
}

/// Returns a password of this length.
fn long(length: usize) -> String {
    "ab".repeat(length)[..length].to_owned()
}

#[tokio::test]
async fn d47_every_byte_of_a_password_counts() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").with_password(&long(80)).join(&app).await;
    let other = |at: usize| format!("{}!{}", &long(80)[..at], &long(80)[at + 1..]);
    for wrong in [long(72), long(79), long(81), other(0), other(72), other(79)] {
        problem(app.login("User1", &john.email, &wrong).await, 401).await;
    }
    john.log_in(&app).await;
}

#[tokio::test]
async fn d48_a_nul_in_a_password_is_no_server_error() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("john@example.com").with_password("abc quiet def").join(&app).await;
    assert_eq!(refused(create_with(&app, "abc\0defghij").await).await, "password.impossible");
    for wrong in ["abc\0def", "\0", "abc quiet def\0", "abc quiet def\0more", "\u{7f}\u{85}"] {
        problem(app.login("User1", &john.email, wrong).await, 401).await;
        problem(app.login("User1", "unknown@example.com", wrong).await, 401).await;
    }
    problem(app.login("User1", &"x".repeat(60_000), &"y".repeat(500)).await, 401).await;
    problem(app.login("User1", &john.email, &"y".repeat(60_000)).await, 401).await;
    problem(app.login("User1", &john.email, &"y".repeat(70_000)).await, 413).await;
}

/// Runs on one thread, where a hash would block all other requests.
#[tokio::test]
async fn d49_health_answers_while_logins_keep_every_hash_thread_busy() {
    let costly = [
        ("HASH_THREADS", "1"),
        ("HASH_QUEUE", "4"),
        ("ARGON2_MEMORY_KIB", "65536"),
        ("ARGON2_ITERATIONS", "3"),
        UNLIMITED,
    ];
    let app = Arc::new(TestApp::with(&costly).await);
    let mut logins = JoinSet::new();
    for number in 0..30 {
        let app = Arc::clone(&app);
        logins.spawn(async move {
            let email = format!("person{number}@example.com");
            app.login("User1", &email, "some good phrase").await.status().as_u16()
        });
    }
    let mut turned_away = 0;
    while turned_away == 0 {
        turned_away += usize::from(logins.join_next().await.unwrap().unwrap() == 503);
    }
    for _ in 0..20 {
        let began = Instant::now();
        json(app.get("/health").await, 200).await;
        assert!(began.elapsed() < Duration::from_secs(1));
    }
    let mut at_work = 0;
    while let Some(done) = logins.try_join_next() {
        turned_away += usize::from(done.unwrap() == 503);
    }
    while let Some(done) = logins.join_next().await {
        at_work += usize::from(done.unwrap() == 401);
    }
    assert!(at_work > 0, "nothing was under way any more");
    assert!(turned_away >= 20, "{turned_away}: the queue has no end");
}

#[tokio::test]
async fn d50_a_password_is_the_same_however_its_letters_are_composed() {
    let app = TestApp::start().await;
    let (composed, decomposed) =
        ("caf\u{e9} \u{c5}ngstr\u{f6}m \u{1e69}", "cafe\u{301} A\u{30a}ngstro\u{308}m s\u{307}\u{323}");
    for (email, chosen) in [("composed@example.com", composed), ("decomposed@example.com", decomposed)] {
        let person = Person::new(email).with_password(chosen).join(&app).await;
        for typed in [composed, decomposed] {
            person.clone().with_password(typed).log_in(&app).await;
        }
    }
}

#[tokio::test]
async fn d51_an_address_is_one_account_however_it_is_spelt() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let john = Person::new("John.Doe@Example.COM").register(&app).await;
    let john = Person { email: "john.doe@example.com".to_owned(), ..john }.verify(&app).await;
    let spellings = ["john.doe@example.com", "JOHN.DOE@EXAMPLE.COM", " John.doe@example.com\t", "john.doe@eXample.com"];
    for email in spellings {
        let token = Person { email: email.to_owned(), ..john.clone() }.log_in(&app).await;
        assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], john.id.as_str());
        // For `create` the address is also taken: the owner gets an email without a link.
        json(app.post_json("/User1/create", Person::new(email).form()).await, 200).await;
        let newest = &app.mails_to(&john.email).await[0];
        assert!(newest["links"].as_array().unwrap().is_empty(), "{email}");
    }

    let umlaut = Person::new("J\u{fc}rgen@B\u{fc}cher.example").register(&app).await;
    let umlaut = Person { email: "j\u{fc}rgen@xn--bcher-kva.example".to_owned(), ..umlaut }.verify(&app).await;
    for email in
        ["ju\u{308}rgen@bu\u{308}cher.example", "J\u{dc}RGEN@B\u{dc}CHER.EXAMPLE", "j\u{fc}rgen@XN--BCHER-KVA.example"]
    {
        Person { email: email.to_owned(), ..umlaut.clone() }.log_in(&app).await;
    }
}

#[tokio::test]
async fn d52_a_name_with_an_address_is_no_address() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for email in [
        "John <john@x.com>",
        "<john@x.com>",
        "\"john\"@x.com",
        "john@x.com, evil@x.com",
        "john@x.com;evil@x.com",
        "john@x.com\nBcc: evil@x.com",
        "john(comment)@x.com",
        "john@[127.0.0.1]",
        "john@localhost",
        "john@x..com",
        "john@@x.com",
        "john",
        "@x.com",
        "john@",
        "mailto:john@x.com",
        "",
    ] {
        let mut form = Person::new(email).form();
        let refused = problem(app.post_json("/User1/create", form.clone()).await, 422).await;
        assert_eq!(
            refused["errors"],
            json!([{ "field": "email", "code": "email.invalid", "detail": "This is not a valid email address." }]),
            "{email}"
        );
        form["email"] = json!([email]);
        problem(app.post_json("/User1/create", form).await, 422).await;
    }
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn d53_no_spelling_of_an_address_remembers_an_old_password() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let (_, victim) = contested(&app).await;
    let spellings = ["victim@example.com", "Victim@Example.com", " VICTIM@EXAMPLE.COM "];
    for email in spellings {
        problem(app.login("User1", email, &victim.password).await, 403).await;
    }
    let path = reset_path(&app, &victim.email).await;
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    for email in spellings {
        problem(app.login("User1", email, &victim.password).await, 401).await;
        json(app.login("User1", email, "chosen by the owner").await, 200).await;
    }
}

#[tokio::test]
async fn d55_a_verified_address_is_immediately_verified_in_every_spelling() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    for email in ["John@example.com", "john@EXAMPLE.com"] {
        problem(app.login("User1", email, &john.password).await, 403).await;
    }
    let john = john.verify(&app).await;
    for email in ["John@example.com", "john@EXAMPLE.com"] {
        json(app.login("User1", email, &john.password).await, 200).await;
    }
}
