//! Responses do not reveal whether an address has an account, neither in text and headers nor in the work done.

use portcullis_core::id::UserId;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    limits::ENFORCED,
    support::{Person, Protected, TestApp, Work},
};

/// A response as seen by a client, without parts that differ every time.
async fn seen(response: Response) -> (u16, Vec<String>, Vec<String>) {
    let status = response.status().as_u16();
    let mut headers: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
    headers.sort();
    headers.push(response.headers()["content-length"].to_str().unwrap().to_owned());
    let body: Value = response.json().await.unwrap();
    let members = body.as_object().unwrap().iter().map(|(name, value)| match name.as_str() {
        "id" | "instance" | "otp" | "handle" => format!("{name} of {}", value.as_str().unwrap().len()),
        _ => format!("{name} {value}"),
    });
    (status, headers, members.collect())
}

/// Sends the same request for two addresses, and compares the responses and the work.
async fn alike(app: &TestApp, known: &str, unknown: &str, ask: impl AsyncFn(&str) -> Response) -> Work {
    app.watched.take();
    let with_account = seen(ask(known).await).await;
    let work = app.watched.take();
    let mut without = seen(ask(unknown).await).await;
    for text in &mut without.2 {
        *text = text.replace(unknown, known);
    }
    assert_eq!(with_account, without);
    assert_eq!(work, app.watched.take());
    work
}

#[tokio::test]
async fn a_login_without_an_account_fails_like_a_wrong_password() {
    let app = TestApp::start().await;
    Person::new("anna@example.com").join(&app).await;
    let work = alike(&app, "anna@example.com", "bert@example.com", async |email| {
        app.login("User1", email, "not the password").await
    })
    .await;
    assert_eq!(work, Work { hashes: 1, reads: 1, commits: vec![1], renders: 0 });
}

#[tokio::test]
async fn with_a_pending_registration_a_login_hashes_twice_with_and_without_an_account() {
    let app = TestApp::start().await;
    Person::new("anna@example.com").join(&app).await;
    for email in ["anna@example.com", "bert@example.com"] {
        Person::new(email).with_password("a strangers phrase").register(&app).await;
    }
    for (password, status) in [("a strangers phrase", 403), ("not the password", 401)] {
        let work = alike(&app, "anna@example.com", "bert@example.com", async |email| {
            let answer = app.login("User1", email, password).await;
            assert_eq!(answer.status(), status);
            answer
        })
        .await;
        assert_eq!(work, Work { hashes: 2, reads: 1, commits: vec![1], renders: 0 });
    }
}

#[tokio::test]
async fn creating_at_a_taken_address_is_like_creating_at_a_free_one() {
    let app = TestApp::start().await;
    Person::new("anna@example.com").join(&app).await;
    for round in 0..2 {
        let work = alike(&app, "anna@example.com", "bert@example.com", async |email| {
            app.post_json("/User1/create", Person::new(email).with_password("a strangers phrase").form()).await
        })
        .await;
        // The second time, there is a registration to compare with and to replace in both cases.
        assert_eq!(work, Work { hashes: 1 + round, reads: 4, commits: vec![5 + round], renders: 0 });
    }
}

#[tokio::test]
async fn resending_the_mail_is_the_same_work_for_every_address() {
    let app = TestApp::start().await;
    Person::new("anna@example.com").join(&app).await;
    Person::new("carl@example.com").register(&app).await;
    for known in ["anna@example.com", "carl@example.com"] {
        let work = alike(&app, known, "bert@example.com", async |email| {
            app.post_json("/User1/verify/resend", json!({"email": email})).await
        })
        .await;
        assert_eq!(work, Work { hashes: 0, reads: 4, commits: vec![3], renders: 0 });
    }
    assert!(app.mails_to("bert@example.com").await.is_empty());
}

#[tokio::test]
async fn a_sign_in_code_is_the_same_work_for_every_address() {
    let app = TestApp::with(&[("EMAIL_SIGNIN", "code")]).await;
    Person::new("anna@example.com").join(&app).await;
    Person::new("carl@example.com").register(&app).await;
    for known in ["anna@example.com", "carl@example.com"] {
        let start = async |email: &str| app.post_json("/User1/signin_code/start", json!({"email": email})).await;
        let work = alike(&app, known, "bert@example.com", start).await;
        assert_eq!(work, Work { hashes: 0, reads: 4, commits: vec![4], renders: 0 });
        let finish = async |email: &str| {
            let started: Value = start(email).await.json().await.unwrap();
            app.watched.take();
            let wrong = json!({"handle": started["handle"], "code": "000000"});
            app.post_json("/User1/signin_code/finish", wrong).await
        };
        let work = alike(&app, known, "bert@example.com", finish).await;
        assert_eq!(work, Work { hashes: 0, reads: 3, commits: vec![1, 1], renders: 0 });
        // Rejections of one address within a minute are one row.
        app.advance(std::time::Duration::from_secs(120));
    }
    assert!(app.mails_to("bert@example.com").await.is_empty());
}

/// Limits also count unknown accounts, including the cost of an SMS that is never sent.
#[tokio::test]
async fn with_limits_unknown_accounts_cost_the_same_work() {
    let app = TestApp::with(ENFORCED).await;
    let anna = Person::new("anna@example.com").join(&app).await;
    let (known, unknown) = ("anna@example.com", "bert@example.com");
    let login = alike(&app, known, unknown, async |email| app.login("User1", email, "not the password").await).await;
    assert_eq!(login, Work { hashes: 1, reads: 2, commits: vec![2], renders: 0 });
    let forget = async |email: &str| app.post_json("/User1/forget_password", json!({"email": email})).await;
    assert_eq!(alike(&app, known, unknown, forget).await, Work { hashes: 0, reads: 4, commits: vec![6], renders: 0 });
    let create = async |email: &str| app.post_json("/User1/create", Person::new(email).form()).await;
    assert_eq!(alike(&app, known, unknown, create).await, Work { hashes: 1, reads: 4, commits: vec![7], renders: 0 });
    let unknown_id = UserId::of([7; 16]).to_string();
    let code = async |id: &str| app.post_json("/User1/otp_phone", json!({"id": id, "phone": "+1234567890"})).await;
    let work = alike(&app, &anna.id, &unknown_id, code).await;
    // Four for account and number, two for the budgets, one for the network.
    assert_eq!(work, Work { hashes: 0, reads: 4, commits: vec![11], renders: 0 });
}

#[tokio::test]
async fn a_number_that_another_user_verified_is_like_a_free_one() {
    let app = TestApp::with(&[("PHONE_UNIQUE", "on")]).await;
    let (anna, jane) =
        (Person::new("anna@example.com").join(&app).await, Person::new("jane@example.com").join(&app).await);
    let ask = async |id: &str| app.post_json("/User1/otp_phone", json!({"id": id, "phone": "+1234567890"})).await;
    let handle = ask(&anna.id).await.json::<Value>().await.unwrap()["otp"].clone();
    let code = app.mails_to("+1234567890").await[0]["code"].clone();
    let given = app.post_json("/User1/verify_otp_phone", json!({"token": handle, "otp": code})).await;
    assert_eq!(given.status(), 200);
    alike(&app, &anna.id, &jane.id, ask).await;
    let token = jane.log_in(&app).await;
    let change = async |phone: &str| {
        let request = app.request(reqwest::Method::POST, "/User1/me/phone").bearer_auth(&token);
        request.json(&json!({"phone": phone})).send().await.unwrap()
    };
    // A first request, because a later one replaces it.
    assert_eq!(change("+12345678902").await.status(), 202);
    alike(&app, "+1234567890", "+1234567891", change).await;
    let mut work = Vec::new();
    for phone in ["+1234567890", "+1234567891"] {
        let handle = change(phone).await.json::<Value>().await.unwrap()["otp"].clone();
        app.watched.take();
        let tried = app.post_json("/User1/verify_otp_phone", json!({"token": handle, "otp": "000000"})).await;
        assert_eq!(tried.status(), 400);
        work.push(app.watched.take());
    }
    assert_eq!(work[0], work[1]);
}

/// Otherwise, the duration of subsequent requests would reveal whether an email is being composed.
#[tokio::test]
async fn delivering_to_an_unknown_address_is_the_same_work_except_for_the_hand_over() {
    let app = TestApp::start().await;
    let anna = Person::new("anna@example.com").join(&app).await;
    Person::new("carl@example.com").register(&app).await;
    app.pump().await;
    let mut work = Vec::new();
    for email in ["anna@example.com", "carl@example.com", "bert@example.com"] {
        app.post_json("/User1/forget_password", json!({"email": email})).await;
        app.watched.take();
        assert_eq!(app.pump().await, 1);
        work.push(app.watched.take());
    }
    assert_eq!(work[0].renders, 1);
    assert!(work.iter().all(|one| *one == work[0]), "{work:?}");
    assert!(app.mails_to("bert@example.com").await.is_empty());

    let mut work = Vec::new();
    for id in [anna.id, UserId::of([7; 16]).to_string()] {
        app.post_json("/User1/otp_phone", json!({"id": id, "phone": "+1234567890"})).await;
        app.watched.take();
        assert_eq!(app.pump().await, 1);
        work.push(app.watched.take().renders);
    }
    assert_eq!(work, [1, 1]);
}

#[tokio::test]
async fn a_wrong_code_is_the_same_work_with_and_without_an_account() {
    let app = TestApp::start().await;
    let anna = Person::new("anna@example.com").join(&app).await;
    let mut work = Vec::new();
    for id in [anna.id, UserId::of([7; 16]).to_string()] {
        let asked = app.post_json("/User1/otp_phone", json!({"id": id, "phone": "+1234567890"})).await;
        let asked: Value = asked.json().await.unwrap();
        app.watched.take();
        let tried = app.post_json("/User1/verify_otp_phone", json!({"token": asked["otp"], "otp": "000000"})).await;
        assert_eq!(tried.status(), 400);
        work.push(app.watched.take());
    }
    assert_eq!(work[0], work[1]);
}

#[tokio::test]
async fn asking_for_a_taken_address_is_like_asking_for_a_free_one() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_EMAIL_CHANGES_ACCOUNT", "50/7d")]].concat()).await;
    let (john, jane) =
        (Person::new("john@example.com").join(&app).await, Person::new("jane@example.com").join(&app).await);
    Person::new("anna@example.com").join(&app).await;
    Person::new("carl@example.com").register(&app).await;
    let ask = async |token: &str, email: &str| {
        let request = app.request(reqwest::Method::POST, "/User1/me/email").bearer_auth(token);
        request.json(&json!({"email": email})).send().await.unwrap()
    };
    // Jane's earlier address is reserved for her.
    assert_eq!(ask(&jane.log_in(&app).await, "hers@example.com").await.status(), 202);
    assert_eq!(app.open(&app.link("hers@example.com", "verify").await).await.status(), 200);
    let token = john.log_in(&app).await;
    for (number, taken) in ["anna@example.com", "carl@example.com", "jane@example.com"].into_iter().enumerate() {
        // Each of the two replaces an earlier request.
        assert_eq!(ask(&token, &format!("first{number}@example.com")).await.status(), 202);
        let free = format!("bert{number}@example.com");
        // Both have the same length, and so do the responses.
        let free = &free.replace("bert", &"b".repeat(taken.len() + 4 - free.len()));
        let work = alike(&app, taken, free, async |email| ask(&token, email).await).await;
        assert_eq!((work.hashes, work.renders, work.commits.len()), (0, 0, 1), "{work:?}");
    }
}

#[tokio::test]
async fn factors_are_not_revealed_before_the_correct_password() {
    for settings in [&[][..], ENFORCED] {
        let app = TestApp::with(settings).await;
        Protected::join(&app, "anna@example.com").await;
        Person::new("carl@example.com").join(&app).await;
        app.pump().await;
        let mut asked = Vec::new();
        for other in ["carl@example.com", "bert@example.com"] {
            for more in [&[][..], &[("code", "123456"), ("type", "totp"), ("remember", "true")]] {
                for (path, grant) in [("/User1/login", &[][..]), ("/User1/token", &[("grant_type", "password")])] {
                    let work = alike(&app, "anna@example.com", other, async |email| {
                        let form = [&[("username", email), ("password", "not the password")], grant, more].concat();
                        app.post_form(path, &form).await
                    })
                    .await;
                    assert_eq!(work.hashes, 1);
                }
            }
            let post = async |path: &str, body: Value| app.post_json(path, body).await;
            asked.push(
                alike(&app, "anna@example.com", other, async |email| {
                    post("/User1/forget_password", json!({"email": email})).await
                })
                .await,
            );
            app.advance(std::time::Duration::from_secs(24 * 3600));
        }
        assert_eq!(asked[0], asked[1]);
    }
}
