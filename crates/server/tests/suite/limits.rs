//! Who guesses, floods or has others written to is slowed down; who owns an account is not kept out of it.

use std::time::Duration;

use portcullis_core::suite::{Pending, join_all};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json as value;

use crate::{
    sms::{Outlets, PHONE, twilio::Behaviour},
    support::{
        Person, TestApp, Work,
        database::Database,
        json, problem,
        process::{self, CHEAP, Program},
    },
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Behind a proxy, so that clients have addresses.
pub const ENFORCED: &[(&str, &str)] = &[("RATE_LIMIT_MODE", "enforce"), ("TRUSTED_PROXIES", "127.0.0.1")];

async fn enforced() -> TestApp {
    TestApp::with(ENFORCED).await
}

/// From this address.
pub fn from(address: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("X-Forwarded-For", address)
}

/// A login from an address of its own each, so that only the account counts.
async fn try_login(app: &TestApp, number: u32, email: &str, password: &str) -> Response {
    let request = app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)]);
    from(&format!("10.0.{}.{}", number / 250, number % 250), request).send().await.unwrap()
}

pub fn retry_after(response: &Response) -> u64 {
    response.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn after_five_wrong_passwords_each_costs_a_wait_that_doubles_to_a_minute() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for email in [john.email.as_str(), "nobody@example.com"] {
        for n in 0..5 {
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        for (n, wait) in (5..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
            let refused = try_login(&app, n, email, "wrong-wrong-wrong").await;
            assert_eq!(retry_after(&refused), wait, "{email}");
            let body = problem(refused, 429).await;
            assert_eq!(
                (body["code"].as_str(), body["error"].as_str()),
                (Some("limited"), Some("temporarily_unavailable"))
            );
            app.advance(SECOND * u32::try_from(wait).unwrap() - Duration::from_millis(1));
            problem(try_login(&app, n, email, &john.password).await, 429).await;
            app.advance(Duration::from_millis(1));
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        // Forgotten after a day without one.
        app.advance(DAY);
        for n in 0..5 {
            problem(try_login(&app, n, email, "wrong-wrong-wrong").await, 401).await;
        }
        app.advance(DAY);
    }
}

#[tokio::test]
async fn every_spelling_of_an_address_and_every_alias_of_the_route_is_one_account() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let spellings =
        ["john@example.com", " John@Example.com", "JOHN@EXAMPLE.COM", "john@EXAMPLE.com ", "john@example.com"];
    let paths = ["/User1/login", "/v1/User1/login", "/User1/token", "/v1/User1/token", "/User1/login"];
    for (n, (email, path)) in spellings.into_iter().zip(paths).enumerate() {
        let form = [("username", email), ("password", "wrong-wrong-wrong"), ("grant_type", "password")];
        let answer = from(&format!("10.1.0.{n}"), app.request(Method::POST, path).form(&form)).send().await.unwrap();
        assert!([400, 401].contains(&answer.status().as_u16()), "{} {}", path, answer.status());
    }
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;
    // Another realm's account of the same address is another one.
    let elsewhere = [("username", "john@example.com"), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User2/login").form(&elsewhere);
    problem(from("10.1.0.9", request).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn tries_at_the_same_moment_are_no_more_than_tries_one_after_the_other() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let tries =
        (0..40).map(|n| -> Pending<'_, Response> { Box::pin(try_login(&app, n, &john.email, "wrong-wrong-wrong")) });
    let answers: Vec<u16> = join_all(tries).await.iter().map(|answer| answer.status().as_u16()).collect();
    let judged = answers.iter().filter(|status| **status == 401).count();
    assert!((1..=5).contains(&judged), "{judged} passwords were tried");
    assert!(answers.iter().all(|status| [401, 429].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn right_passwords_cost_nothing() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..40 {
        json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    }
}

#[tokio::test]
async fn wrong_passwords_outlive_a_restart() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let app = app.restart().await;
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;
}

/// Gives the cookie of a login.
async fn device(app: &TestApp, person: &Person) -> String {
    let entered = try_login(app, 99, &person.email, &person.password).await;
    assert_eq!(entered.status(), 200);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    let attributes = "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax";
    cookie.strip_prefix("portcullis_device=").unwrap().strip_suffix(attributes).expect(&cookie).to_owned()
}

#[tokio::test]
async fn a_stranger_who_exhausts_an_account_does_not_keep_its_owners_device_out() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let cookie = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;

    let form = |device: &str| {
        let fields = [("username", &*john.email), ("password", &*john.password), ("device", device)];
        app.request(Method::POST, "/User1/login").form(&fields)
    };
    let plain = form("").header("Cookie", format!("other=1; portcullis_device={cookie}"));
    json(plain.send().await.unwrap(), 200).await;
    json(form(&cookie).send().await.unwrap(), 200).await;
    // It has five of its own, and is no help with another account.
    let wrong = [("username", &*john.email), ("password", "wrong-wrong-wrong"), ("device", &cookie)];
    for n in 0..5 {
        let request = app.request(Method::POST, "/User1/login").form(&wrong);
        problem(from(&format!("10.9.0.{n}"), request).send().await.unwrap(), 401).await;
    }
    problem(form(&cookie).send().await.unwrap(), 429).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &jane.email, "wrong-wrong-wrong").await, 401).await;
    }
    let with_johns = [("username", &*jane.email), ("password", &*jane.password), ("device", &cookie)];
    let request = app.request(Method::POST, "/User1/login").form(&with_johns);
    problem(from("10.9.1.1", request).send().await.unwrap(), 429).await;
}

#[tokio::test]
async fn a_client_has_thirty_wrong_passwords_a_minute_whoever_they_are_for() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..30 {
        let answer = try_login(&app, 7, &format!("person{n}@example.com"), "wrong-wrong-wrong").await;
        let policy = answer.headers()["ratelimit-policy"].to_str().unwrap();
        assert_eq!(policy, "\"passwords\";q=30;w=60");
        let left = answer.headers()["ratelimit"].to_str().unwrap();
        assert_eq!(left, format!("\"passwords\";r={};t=60", 29 - n));
        problem(answer, 401).await;
    }
    let refused = try_login(&app, 7, &john.email, &john.password).await;
    assert_eq!(retry_after(&refused), 60);
    problem(refused, 429).await;
    json(try_login(&app, 8, &john.email, &john.password).await, 200).await;
    app.advance(MINUTE);
    json(try_login(&app, 7, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn beyond_its_limit_nothing_of_an_account_is_looked_at_for_a_client() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..30 {
        let form = [("username", &*format!("person{n}@example.com")), ("password", "wrong-wrong-wrong")];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        problem(from("192.0.2.1", request).send().await.unwrap(), 401).await;
    }
    app.watched.take();
    for email in [&*john.email, "nobody@example.com"] {
        let form = [("username", email), ("password", &*john.password)];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        problem(from("192.0.2.1", request).send().await.unwrap(), 429).await;
        assert_eq!(app.watched.take(), Work::default());
    }
}

#[tokio::test]
async fn an_address_is_sent_five_mails_an_hour_and_nothing_older_dies() {
    let app = enforced().await;
    let john = Person::new("john@example.com");
    let mut number = 0;
    let mut send = |path: &str, body: serde_json::Value| {
        number += 1;
        from(&format!("10.2.0.{number}"), app.request(Method::POST, path).json(&body)).send()
    };
    json(send("/User1/create", john.form()).await.unwrap(), 200).await;
    json(send("/User1/verify/resend", value!({"email": "John@Example.com"})).await.unwrap(), 200).await;
    json(send("/v1/User1/forget_password", value!({"email": "john@example.com"})).await.unwrap(), 200).await;
    json(send("/User1/forget_password", value!({"email": "john@example.com"})).await.unwrap(), 200).await;
    let last = json(send("/User1/forget_password", value!({"email": "JOHN@example.com"})).await.unwrap(), 200).await;
    app.pump().await;
    let sent = app.mails_to(&john.email).await.len();
    let (verify, reset) = (app.link(&john.email, "verify").await, app.link(&john.email, "reset_password_form").await);

    let usual = json(send("/User1/forget_password", value!({"email": "john@example.com"})).await.unwrap(), 200).await;
    assert_eq!(usual, last);
    json(send("/User1/verify/resend", value!({"email": "john@example.com"})).await.unwrap(), 200).await;
    let other = Person::new("john@example.com").with_password("another-teapot-hammer");
    let created = json(send("/User1/create", other.form()).await.unwrap(), 200).await;
    assert_eq!(created["message"], "User created successfully");
    app.pump().await;
    assert_eq!(app.mails_to(&john.email).await.len(), sent, "nothing more is sent");
    assert_eq!(app.open(&reset).await.status(), 200, "the newest reset link is good");
    // Two passwords were given for the address: the link is good, and its owner chooses.
    let form = app.open(&verify).await.text().await.unwrap();
    assert!(form.contains("name=\"password\""), "{form}");
    problem(try_login(&app, 1, &john.email, &john.password).await, 403).await;

    app.advance(HOUR);
    json(send("/User1/forget_password", value!({"email": "john@example.com"})).await.unwrap(), 200).await;
    app.pump().await;
    assert!(app.mails_to(&john.email).await.len() > sent);
}

#[tokio::test]
async fn the_mails_of_an_address_are_counted_across_a_restart_whether_or_not_it_is_known() {
    let app = enforced().await;
    for email in ["nobody@example.com", "john@example.com"] {
        if email.starts_with("john") {
            Person::new(email).join(&app).await;
        }
    }
    let forget = async |app: &TestApp, number: u32, email: &str| {
        let request = app.request(Method::POST, "/User1/forget_password").json(&value!({ "email": email }));
        json(from(&format!("10.3.0.{number}"), request).send().await.unwrap(), 200).await
    };
    for number in 0..5 {
        forget(&app, number, "john@example.com").await;
    }
    app.pump().await;
    let sent = app.mails_to("john@example.com").await.len();
    let app = app.restart().await;
    let known = forget(&app, 9, "john@example.com").await;
    app.pump().await;
    assert_eq!(app.mails_to("john@example.com").await.len(), 0, "{sent} were sent before");
    for number in 0..7 {
        assert_eq!(forget(&app, number, "nobody@example.com").await, known);
    }
}

#[tokio::test]
async fn a_client_has_twenty_requests_an_hour_that_send_mails_of_each_kind() {
    let app = enforced().await;
    for (path, is_create) in [("create", true), ("forget_password", false), ("verify/resend", false)] {
        let ask = async |number: u32, client: &str| {
            let email = format!("person{number}@example.com");
            let body = if is_create { Person::new(&email).form() } else { value!({ "email": email }) };
            let request = app.request(Method::POST, &format!("/User1/{path}")).json(&body);
            from(client, request).send().await.unwrap()
        };
        for number in 0..20 {
            json(ask(number, "192.0.2.1").await, 200).await;
        }
        let refused = ask(20, "192.0.2.1").await;
        assert_eq!(retry_after(&refused), 3600, "{path}");
        problem(refused, 429).await;
        json(ask(21, "192.0.2.2").await, 200).await;
    }
    app.advance(HOUR);
    let again = app.request(Method::POST, "/User1/create").json(&Person::new("late@example.com").form());
    json(from("192.0.2.1", again).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn what_sends_nothing_is_not_counted_as_a_mail() {
    let app = enforced().await;
    for _ in 0..25 {
        let request = app.request(Method::POST, "/User1/create").json(&value!({"email": "no address"}));
        problem(from("192.0.2.1", request).send().await.unwrap(), 422).await;
    }
    let good = app.request(Method::POST, "/User1/create").json(&Person::new("john@example.com").form());
    json(from("192.0.2.1", good).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn a_client_may_try_thirty_links_a_minute_in_vain() {
    let app = enforced().await;
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let good = app.link(&john.email, "verify").await;
    let paths =
        ["verify?token=x", "reset_password_form?token=x", "undo?token=x", "verify_otp_phone?token=x&otp=123456"];
    for path in paths.iter().cycle().take(30) {
        let request = app.request(Method::GET, &format!("/User1/{path}")).header("Accept", "application/json");
        assert_eq!(from("192.0.2.1", request).send().await.unwrap().status(), 400);
    }
    for path in paths {
        let request = app.request(Method::GET, &format!("/v1/User1/{path}")).header("Accept", "application/json");
        problem(from("192.0.2.1", request).send().await.unwrap(), 429).await;
    }
    // A person sees a page.
    let request = app.request(Method::GET, "/User1/verify?token=x").header("Accept", "text/html");
    let page = from("192.0.2.1", request).send().await.unwrap();
    assert_eq!((page.status().as_u16(), retry_after(&page)), (429, 60));
    assert!(page.text().await.unwrap().contains("Too many requests"));
    let open = app.http.get(&good).header("X-Forwarded-For", "192.0.2.2");
    assert_eq!(open.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_session_may_be_refreshed_sixty_times_a_minute() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    let mut token = entered["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        app.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    for _ in 0..60 {
        token = json(refresh(&token).await, 200).await["refresh_token"].as_str().unwrap().to_owned();
    }
    let refused = refresh(&token).await;
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 60));
    app.advance(MINUTE);
    json(refresh(&token).await, 200).await;
}

/// Otherwise a thief could hide the owner's token, which is used up by theirs, behind refreshes of their own.
#[tokio::test]
async fn a_used_refresh_token_ends_its_session_also_beyond_the_limit() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    let first = entered["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        app.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    let mut newest = first.clone();
    for _ in 0..60 {
        newest = json(refresh(&newest).await, 200).await["refresh_token"].as_str().unwrap().to_owned();
    }
    assert_eq!(refresh(&newest).await.status(), 429);
    assert_eq!(json(refresh(&first).await, 400).await["error"], "invalid_grant");
    app.advance(MINUTE);
    assert_eq!(json(refresh(&newest).await, 400).await["error"], "invalid_grant");
}

#[tokio::test]
async fn the_client_is_whom_the_trusted_proxies_name_and_never_what_it_says_itself() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")]).await;
    let guess = async |number: u32, forwarded: &str| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        from(forwarded, app.request(Method::POST, "/User1/login").form(&form)).send().await.unwrap().status().as_u16()
    };
    // What stands left of the last hop that is no proxy is the client's own invention.
    for number in 0..30 {
        let forwarded = format!("198.51.100.{number}, 203.0.113.9, 10.1.2.3");
        assert_eq!(guess(number, &forwarded).await, 401);
    }
    assert_eq!(guess(30, "203.0.113.9").await, 429);
    assert_eq!(guess(31, "203.0.113.9:4711, 10.1.2.3").await, 429);
    assert_eq!(guess(32, "203.0.113.10").await, 401);
    // An IPv6 client is its network.
    for number in 0..30 {
        assert_eq!(guess(40 + number, &format!("2001:db8::{number:x}")).await, 401);
    }
    assert_eq!(guess(80, "2001:db8::ffff:1").await, 429);
    assert_eq!(guess(81, "2001:db8:0:1::1").await, 401);
}

#[tokio::test]
async fn without_trusted_proxies_nobody_is_believed() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce")]).await;
    for number in 0..30 {
        let email = format!("p{number}@example.com");
        problem(try_login(&app, number, &email, "wrong-wrong-wrong").await, 401).await;
    }
    problem(try_login(&app, 99, "p99@example.com", "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn observed_limits_refuse_nothing() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "observe"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    for _ in 0..40 {
        problem(try_login(&app, 1, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    for _ in 0..30 {
        let request = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
        json(from("192.0.2.1", request).send().await.unwrap(), 200).await;
        app.pump().await;
    }
    assert!(app.mails_to(&john.email).await.len() > 30);
}

#[tokio::test]
async fn limits_are_what_the_settings_say() {
    let app = TestApp::with(&[
        ("RATE_LIMIT_MODE", "enforce"),
        ("LIMIT_PASSWORDS_ACCOUNT", "2/10m"),
        ("LIMIT_PASSWORDS_CLIENT", "4/10s"),
    ])
    .await;
    for _ in 0..2 {
        problem(app.login("User1", "john@example.com", "wrong-wrong-wrong").await, 401).await;
    }
    problem(app.login("User1", "john@example.com", "wrong-wrong-wrong").await, 429).await;
    problem(app.login("User1", "jane@example.com", "wrong-wrong-wrong").await, 401).await;
    let refused = app.login("User1", "joan@example.com", "wrong-wrong-wrong").await;
    assert_eq!(retry_after(&refused), 10);
}

#[tokio::test]
async fn an_account_and_a_number_are_sent_one_code_a_minute_and_five_a_day() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let other = outlets.join(Person::new("jane@example.com")).await;
    let mut number = 0;
    let mut ask = async |id: &str| {
        number += 1;
        let request = outlets.app.request(Method::POST, "/User1/otp_phone").json(&value!({ "id": id, "phone": PHONE }));
        let answer = from(&format!("10.4.0.{number}"), request).send().await.unwrap();
        json(answer, 200).await["otp"].as_str().unwrap().to_owned()
    };
    let first = ask(&john.id).await;
    let code = outlets.code().await;
    // Nothing more, also not for another account of the same number; and the first stays good.
    let second = ask(&john.id).await;
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
    let give = async |handle: &str| {
        outlets.app.get(&format!("/User1/verify_otp_phone?token={handle}&otp={code}")).await.status().as_u16()
    };
    assert_eq!(give(&second).await, 400, "the handle of nothing leads nowhere");
    assert_eq!(give(&first).await, 200);
    for sent in 2..=5 {
        outlets.app.advance(MINUTE);
        ask(&john.id).await;
        outlets.app.pump().await;
        assert_eq!(outlets.twilio.messages().len(), sent);
    }
    outlets.app.advance(HOUR);
    ask(&john.id).await;
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 5);
    outlets.app.advance(DAY);
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 6);
}

#[tokio::test]
async fn a_handle_beyond_the_limit_dies_like_any_other() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    let beyond = outlets.ask(&john.id, PHONE).await;
    let tries = async || {
        let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={beyond}&otp=000000")).await;
        problem(answer, 400).await["code"].as_str().unwrap().to_owned()
    };
    for _ in 0..5 {
        assert_eq!(tries().await, "otp.wrong");
    }
    assert_eq!(tries().await, "otp.invalid");
}

#[tokio::test]
async fn a_country_whose_codes_do_not_come_back_is_sent_no_more() {
    let settings =
        [ENFORCED, &[("SMS_STOP_AFTER", "4"), ("SMS_STOP_PERCENT", "50"), ("LIMIT_OTP_ACCOUNT", "100/1m")]].concat();
    let outlets = Outlets::open(&settings).await;
    let toll = "+447911123456";
    let mut people = Vec::new();
    for name in ["ada", "bob"] {
        people.push(outlets.join_with(Person::new(&format!("{name}@example.com")), toll).await);
    }
    for n in 0..6 {
        outlets.ask(&people[n % 2].id, toll).await;
        outlets.app.pump().await;
    }
    assert_eq!(outlets.twilio.messages().len(), 4);
    // Others are not held up by it.
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 5);
    outlets.app.advance(DAY);
    outlets.ask(&people[0].id, toll).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 6);
}

/// A country is judged as soon as it has had two codes.
const STOPPED_AFTER_TWO: &[(&str, &str)] =
    &[("SMS_STOP_AFTER", "2"), ("SMS_STOP_PERCENT", "50"), ("LIMIT_OTP_ACCOUNT", "100/1m")];

#[tokio::test]
async fn codes_that_the_provider_never_took_stop_no_country() {
    let outlets = Outlets::open(&[ENFORCED, STOPPED_AFTER_TWO].concat()).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 400, code: Some(21_608) });
    for _ in 0..4 {
        outlets.ask(&john.id, PHONE).await;
        outlets.app.pump().await;
    }
    assert_eq!(outlets.twilio.messages().len(), 0);
    outlets.twilio.behave(Behaviour::Accept);
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

#[tokio::test]
async fn codes_that_come_back_keep_a_country_open() {
    let outlets = Outlets::open(&[ENFORCED, STOPPED_AFTER_TWO].concat()).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for sent in 1..=6 {
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        assert_eq!(outlets.twilio.messages().len(), sent);
        let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={handle}&otp={code}")).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn the_budget_of_sms_is_never_passed_also_across_a_restart() {
    let settings =
        [ENFORCED, &[("LIMIT_SMS_TOTAL", "3/24h"), ("LIMIT_OTP_ACCOUNT", "100/1m"), ("LIMIT_OTP_CLIENT", "100/1h")]]
            .concat();
    let mut outlets = Outlets::open(&settings).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for _ in 0..2 {
        outlets.ask(&john.id, PHONE).await;
    }
    outlets.app.pump().await;
    outlets.app = outlets.app.restart().await;
    for _ in 0..5 {
        outlets.ask(&john.id, PHONE).await;
    }
    outlets.app.pump().await;
    assert!(outlets.twilio.messages().len() <= 3);
    // What is asked for somebody else's number costs nothing.
    outlets.app.advance(DAY);
    for _ in 0..5 {
        outlets.ask(&john.id, "+1987654321").await;
    }
    outlets.ask(&john.id, PHONE).await;
    let sent = outlets.twilio.messages().len();
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), sent + 1);
}

#[tokio::test]
async fn what_a_client_writes_that_is_no_text_does_not_hide_it() {
    let app = enforced().await;
    for (number, forwarded) in (0..30)
        .zip([&b"\xff, 203.0.113.9"[..], b"203.0.113.9,", b" , 203.0.113.9", b"\xff,,203.0.113.9, "].iter().cycle())
    {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        let forwarded = reqwest::header::HeaderValue::from_bytes(forwarded).unwrap();
        problem(request.header("X-Forwarded-For", forwarded).send().await.unwrap(), 401).await;
    }
    let form = [("username", "p99@example.com"), ("password", "wrong-wrong-wrong")];
    let request = app.request(Method::POST, "/User1/login").form(&form);
    problem(from("203.0.113.9", request).send().await.unwrap(), 429).await;
}

#[tokio::test]
async fn right_passwords_of_addresses_that_are_not_proved_count_for_the_client() {
    let app = enforced().await;
    let john = Person::new("john@example.com").register(&app).await;
    for _ in 0..30 {
        problem(try_login(&app, 1, &john.email, &john.password).await, 403).await;
    }
    problem(try_login(&app, 1, &john.email, &john.password).await, 429).await;
    problem(try_login(&app, 2, &john.email, &john.password).await, 403).await;
}

#[tokio::test]
async fn whoever_resets_the_password_by_mail_is_let_in_whoever_guesses_meanwhile() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let forget = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
    json(from("192.0.2.1", forget).send().await.unwrap(), 200).await;
    app.pump().await;
    let link = app.link(&john.email, "reset_password_form").await;
    let token = link.split_once("token=").unwrap().1;
    let password = "another-teapot-hammer";
    let request =
        app.request(Method::POST, &format!("/User1/reset_password?token={token}")).form(&[("password", password)]);
    let done = request.send().await.unwrap();
    assert_eq!(done.status(), 200);
    let cookie = done.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    problem(try_login(&app, 9, &john.email, password).await, 429).await;
    let request = app.request(Method::POST, "/User1/login").form(&[("username", &*john.email), ("password", password)]);
    json(request.header("Cookie", cookie).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn whoever_was_logged_in_by_an_older_password_has_no_known_device_any_more() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (old, again) = (device(&app, &john).await, device(&app, &john).await);
    let forget = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
    json(forget.send().await.unwrap(), 200).await;
    app.pump().await;
    app.advance(Duration::from_secs(1));
    let link = app.link(&john.email, "reset_password_form").await;
    let token = link.split_once("token=").unwrap().1;
    let john = john.with_password("another-teapot-hammer");
    let path = format!("/User1/reset_password?token={token}");
    let done = app.request(Method::POST, &path).form(&[("password", &john.password)]).send().await.unwrap();
    assert_eq!(done.status(), 200);
    let new = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    for (device, status) in [(old, 429), (again, 429), (new, 200)] {
        let form = [("username", &*john.email), ("password", &*john.password), ("device", &*device)];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        assert_eq!(from("10.9.0.1", request).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn what_was_counted_outlives_a_kill() {
    let database = Database::new().await;
    let limits = [("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_ACCOUNT", "1/1h"), ("LIMIT_OTP_ACCOUNT", "1/1h")];
    let mut program = Program::start(&[CHEAP, &database.settings(), &limits].concat()).await;
    let http = process::client();
    let login = async |program: &Program| {
        let form = [("username", "john@example.com"), ("password", "wrong-wrong-wrong")];
        http.post(program.url("/User1/login")).form(&form).send().await.unwrap().status().as_u16()
    };
    let ask = async |program: &Program| {
        let forget = http.post(program.url("/User1/forget_password")).json(&value!({ "email": "john@example.com" }));
        json(forget.send().await.unwrap(), 200).await;
        let code = http.post(program.url("/User1/otp_phone")).json(&value!({ "id": "nobody", "phone": PHONE }));
        json(code.send().await.unwrap(), 200).await;
    };
    for _ in 0..4 {
        assert_eq!(login(&program).await, 401);
    }
    ask(&program).await;
    assert!(!program.log().contains("limit=\"mails\""));
    program.kill();
    program.spawn();
    program.ready().await;
    // The last that is free; then they come too soon, however slow the machine.
    assert_eq!(login(&program).await, 401);
    let mut more = Vec::new();
    for _ in 0..6 {
        more.push(login(&program).await);
    }
    assert!(more.contains(&429), "{more:?}");
    ask(&program).await;
    for row in ["mails", "otp"] {
        let told = format!("limit reached limit=\"{row}\"");
        assert_eq!(program.log().matches(&told).count(), 1, "{told} in\n{}", program.log());
    }
}

#[tokio::test]
async fn what_the_server_could_not_do_counts_for_nobody() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mail = value!({ "email": "john@example.com" });
    let login = [("username", &*john.email), ("password", &*john.password)];
    let ask = async |status: u16| {
        let all = [
            app.request(Method::POST, "/User1/create").json(&Person::new("jane@example.com").form()),
            app.request(Method::POST, "/User1/forget_password").json(&mail),
            app.request(Method::POST, "/User1/verify/resend").json(&mail),
            app.request(Method::POST, "/User1/login").form(&login),
        ];
        for request in all {
            assert_eq!(from("192.0.2.1", request).send().await.unwrap().status(), status);
        }
    };
    app.watched.store_is_away(true);
    for _ in 0..31 {
        ask(503).await;
    }
    app.watched.store_is_away(false);
    ask(200).await;
}

#[tokio::test]
async fn another_site_does_not_change_what_a_browser_is_known_as() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let form = [("username", &*john.email), ("password", &*john.password)];
    let request = app.request(Method::POST, "/User1/login").form(&form).header("Sec-Fetch-Site", "cross-site");
    let entered = request.send().await.unwrap();
    assert_eq!(entered.status(), 200);
    assert!(!entered.headers().contains_key("set-cookie"));
    // A cookie that is good for nothing does not hide a field that is.
    let device = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let form = [("username", &*john.email), ("password", &*john.password), ("device", &device)];
    let request = app.request(Method::POST, "/User1/login").form(&form).header("Cookie", "portcullis_device=useless");
    json(request.send().await.unwrap(), 200).await;
}

/// Whether the first handle still counts tries after a second was asked for.
async fn first_lives(outlets: &Outlets, id: &str, phone: &str) -> bool {
    let first = outlets.ask(id, phone).await;
    outlets.ask(id, phone).await;
    let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={first}&otp=000000")).await;
    problem(answer, 400).await["code"] == "otp.wrong"
}

#[tokio::test]
async fn whether_a_number_is_somebodys_shows_in_no_handle_also_without_money_for_an_sms() {
    for used_up in [("LIMIT_SMS_TOTAL", "1/24h"), ("LIMIT_SMS_COUNTRY", "1/24h"), ("SMS_STOP_AFTER", "1")] {
        let plenty = ("LIMIT_OTP_ACCOUNT", "100/1m");
        let settings =
            [ENFORCED, &[plenty, ("LIMIT_OTP_CLIENT", "100/1h"), ("SMS_STOP_PERCENT", "50"), used_up]].concat();
        let outlets = Outlets::open(&settings).await;
        let john = outlets.join(Person::new("john@example.com")).await;
        outlets.ask(&john.id, PHONE).await;
        outlets.app.pump().await;
        let (his, nobodys) =
            (first_lives(&outlets, &john.id, PHONE).await, first_lives(&outlets, &john.id, "+1234567899").await);
        assert_eq!(his, nobodys, "{used_up:?}");
        outlets.app.pump().await;
        assert_eq!(outlets.twilio.messages().len(), 1, "{used_up:?}");
    }
}
