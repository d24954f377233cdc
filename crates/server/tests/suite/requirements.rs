//! What the standards ask for and no other test shows, row by row of the list of requirements: `r01_…` shows that row R01
//! holds here.

use std::time::Duration;

use portcullis_core::suite::{Pending, join_all};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json as value};

use crate::{
    limits::{ENFORCED, from, retry_after},
    support::{Person, TestApp, json, problem},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn password_of(app: &TestApp, email: &str, password: &str) -> RequestBuilder {
    app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)])
}

/// A login from this address.
async fn log_in_from(app: &TestApp, client: &str, email: &str, password: &str) -> Response {
    from(client, password_of(app, email, password)).send().await.unwrap()
}

/// `30/1m` as the header of an answer says it.
fn policy(quota: &str) -> String {
    let (times, per) = quota.split_once('/').unwrap();
    let (number, unit) = per.split_at(per.len() - 1);
    let seconds = number.parse::<u64>().unwrap()
        * match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => panic!("{unit}"),
        };
    format!("q={times};w={seconds}")
}

#[tokio::test]
async fn r01_the_limits_of_the_documentation_are_those_of_a_server_that_nobody_has_set_up() {
    let app = TestApp::with(ENFORCED).await;
    let settings = portcullis::config::settings_markdown();
    let default = |name: &str| {
        let row = settings.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        row.split('`').nth(3).unwrap().to_owned()
    };
    let email = value!({"email": "john@example.com"});
    let code = value!({"id": "somebody", "phone": "+1234567890"});
    for (name, request) in [
        ("LIMIT_PASSWORDS_CLIENT", password_of(&app, "john@example.com", "wrong-wrong-wrong")),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/create").json(&Person::new("a@example.com").form())),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/forget_password").json(&email)),
        ("LIMIT_MAILS_CLIENT", app.request(Method::POST, "/User1/verify/resend").json(&email)),
        ("LIMIT_OTP_CLIENT", app.request(Method::POST, "/User1/otp_phone").json(&code)),
        ("LIMIT_LINKS_CLIENT", app.request(Method::GET, "/User1/verify?token=x")),
        ("LIMIT_LINKS_CLIENT", app.request(Method::GET, "/User1/verify_otp_phone?token=x&otp=123456")),
    ] {
        let answer = from("192.0.2.1", request).send().await.unwrap();
        let told = answer.headers()["ratelimit-policy"].to_str().unwrap().to_owned();
        assert_eq!(told.split_once(';').unwrap().1, policy(&default(name)), "{name}");
    }
    assert_eq!(default("RATE_LIMIT_MODE"), "enforce");
}

/// A list of stolen addresses and passwords, of which one in ten is right.
#[tokio::test]
async fn r11_a_list_of_stolen_passwords_comes_to_an_end_also_with_right_ones_in_it() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_MAILS_CLIENT", "100/1h")]].concat()).await;
    let mut entered = 0;
    for number in 0..100 {
        let person = Person::new(&format!("person{number}@example.com"));
        if number % 10 == 0 {
            person.clone().join(&app).await;
        }
        match log_in_from(&app, "192.0.2.1", &person.email, &person.password).await.status() {
            StatusCode::OK => entered += 1,
            status => assert_eq!(status, if number <= 33 { 401 } else { 429 }, "{number}"),
        }
    }
    // Those at 0, 10, 20 and 30: right ones give no wrong ones back.
    assert_eq!(entered, 4);
}

#[tokio::test]
async fn r11_whoever_logs_in_as_himself_between_guesses_has_no_more_of_them() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mallory = Person::new("mallory@example.com").join(&app).await;
    for number in 0..5 {
        let client = format!("10.0.0.{number}");
        problem(log_in_from(&app, &client, &john.email, "wrong-wrong-wrong").await, 401).await;
        json(log_in_from(&app, &client, &mallory.email, &mallory.password).await, 200).await;
    }
    problem(log_in_from(&app, "10.0.1.1", &john.email, "wrong-wrong-wrong").await, 429).await;
    // Nor as a client.
    for number in 0..30 {
        let email = format!("person{number}@example.com");
        problem(log_in_from(&app, "192.0.2.1", &email, "wrong-wrong-wrong").await, 401).await;
        if number < 29 {
            json(log_in_from(&app, "192.0.2.1", &mallory.email, &mallory.password).await, 200).await;
        }
    }
    problem(log_in_from(&app, "192.0.2.1", "person99@example.com", "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn r11_a_right_password_gives_an_account_that_is_guessed_at_no_more_guesses() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for number in 0..4 {
        problem(log_in_from(&app, &format!("10.0.0.{number}"), &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    json(log_in_from(&app, "192.0.2.1", &john.email, &john.password).await, 200).await;
    problem(log_in_from(&app, "10.0.0.5", &john.email, "wrong-wrong-wrong").await, 401).await;
    problem(log_in_from(&app, "10.0.0.6", &john.email, "wrong-wrong-wrong").await, 429).await;
}

#[tokio::test]
async fn r11_links_that_lead_somewhere_cost_nothing() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    for _ in 0..40 {
        assert_eq!(app.open(&link).await.status(), 200);
    }
}

#[tokio::test]
async fn r11_a_session_that_is_refreshed_without_end_holds_up_no_other() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let session = async || {
        let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
        entered["refresh_token"].as_str().unwrap().to_owned()
    };
    let (first, second) = (session().await, session().await);
    let refresh = async |path: &str, token: &str| {
        app.post_form(path, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    // The same one again and again is answered with the same pair for a while, and is no less work for that.
    for path in ["/User1/token", "/v1/User1/token"].iter().cycle().take(60) {
        json(refresh(path, &first).await, 200).await;
    }
    for path in ["/User1/token", "/v1/User1/token"] {
        assert_eq!(refresh(path, &first).await.status(), 429);
    }
    json(refresh("/User1/token", &second).await, 200).await;
}

#[tokio::test]
async fn r13_while_an_account_waits_every_door_that_takes_its_password_is_shut() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for number in 0..5 {
        problem(log_in_from(&app, &format!("10.0.0.{number}"), &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let form = [
        ("grant_type", "password"),
        ("username", &*john.email),
        ("password", &*john.password),
        ("scope", ""),
        ("client_id", "x"),
    ];
    let doors = ["/User1/login", "/v1/User1/login", "/User1/token", "/v1/User1/token"];
    for (number, path) in doors.into_iter().enumerate() {
        let request = app.request(Method::POST, path).form(&form);
        let refused = from(&format!("10.0.1.{number}"), request).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 1), "{path}");
    }
    app.advance(SECOND);
    for path in doors {
        json(app.request(Method::POST, path).form(&form).send().await.unwrap(), 200).await;
    }
}

#[tokio::test]
async fn r26_a_client_tries_thirty_codes_a_minute_however_it_gives_them_and_whosever_they_are() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_OTP_CLIENT", "100/1h")]].concat()).await;
    let john = Person::new("john@example.com").join(&app).await;
    let give = async |number: usize, client: &str| {
        // A handle for every five tries, of somebody and of nobody.
        let id = if number.is_multiple_of(2) { &*john.id } else { "nobody" };
        let body = value!({"id": id, "phone": "+1234567890"});
        let asked = json(app.post_json("/User1/otp_phone", body).await, 200).await;
        let handle = asked["otp"].as_str().unwrap();
        let path = "/User1/verify_otp_phone";
        let request = match number % 3 {
            0 => app.request(Method::GET, &format!("{path}?token={handle}&otp=x")),
            1 => app.request(Method::POST, path).form(&[("token", handle), ("otp", "x")]),
            _ => app.request(Method::POST, &format!("/v1{path}")).json(&value!({"token": handle, "otp": "x"})),
        };
        from(client, request).send().await.unwrap()
    };
    for number in 0..30 {
        problem(give(number, "192.0.2.1").await, 400).await;
    }
    for number in 30..33 {
        problem(give(number, "192.0.2.1").await, 429).await;
    }
    problem(give(33, "192.0.2.2").await, 400).await;
    app.advance(MINUTE);
    problem(give(34, "192.0.2.1").await, 400).await;
}

/// Registering costs a hash, too.
#[tokio::test]
async fn r52_a_flood_of_registrations_holds_up_neither_reads_nor_refreshes_and_leaves_nothing_half_done() {
    let costly = [
        ("HASH_THREADS", "1"),
        ("HASH_QUEUE", "4"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "16384"),
        ("ARGON2_ITERATIONS", "2"),
    ];
    let app = TestApp::with(&costly).await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let text = |answer: &Value, member: &str| answer[member].as_str().unwrap().to_owned();
    let (token, mut refresh) = (text(&entered, "access_token"), text(&entered, "refresh_token"));
    let creates = (0..20).map(|number| -> Pending<'_, (usize, Response)> {
        let person = Person::new(&format!("person{number}@example.com"));
        let request = app.request(Method::POST, "/User1/create").json(&person.form());
        Box::pin(async move { (number, request.send().await.unwrap()) })
    });
    let others = async {
        for _ in 0..10 {
            json(app.get_as(&token, "/User1/me").await, 200).await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
            refresh = text(&json(app.post_form("/User1/token", &form).await, 200).await, "refresh_token");
        }
    };
    let (answers, ()) = tokio::join!(join_all(creates), others);
    let mut turned_away = 0;
    for (number, answer) in answers {
        let email = format!("person{number}@example.com");
        if answer.status() == 200 {
            assert_eq!(app.mails_to(&email).await.len(), 1);
        } else {
            assert!(retry_after(&answer) > 0);
            assert_eq!(problem(answer, 503).await["code"], "overloaded");
            assert!(app.mails_to(&email).await.is_empty());
            turned_away += 1;
        }
    }
    assert!(turned_away > 0, "the flood was never held back");
    // What was turned away may come again.
    Person::new("person19@example.com").join(&app).await;
}

/// Whoever was not looked at has not guessed.
#[tokio::test]
async fn r52_logins_that_were_turned_away_count_neither_for_the_account_nor_for_the_client() {
    let costly = [
        ("HASH_THREADS", "1"),
        ("HASH_QUEUE", "2"),
        ("HASH_DEADLINE", "60s"),
        ("ARGON2_MEMORY_KIB", "8192"),
        ("ARGON2_ITERATIONS", "2"),
        ("LIMIT_PASSWORDS_ACCOUNT", "30/24h"),
    ];
    let app = TestApp::with(&[ENFORCED, &costly].concat()).await;
    let john = Person::new("john@example.com").join(&app).await;
    // More than would be too many, if they counted.
    let (mut turned_away, mut entered) = (0, 0);
    while turned_away <= 30 {
        let logins = (0..20).map(|_| -> Pending<'_, Response> {
            Box::pin(log_in_from(&app, "192.0.2.1", &john.email, &john.password))
        });
        for answer in join_all(logins).await {
            match answer.status() {
                StatusCode::OK => entered += 1,
                _ => {
                    assert_eq!(problem(answer, 503).await["code"], "overloaded");
                    turned_away += 1;
                }
            }
        }
    }
    assert!(entered > 0, "nobody was let in");
    json(log_in_from(&app, "192.0.2.1", &john.email, &john.password).await, 200).await;
}

/// No number of wrong ones shuts an owner out for good; what the standard asks for by a stop is kept by waits.
#[tokio::test]
async fn r89_the_hundred_and_first_wrong_password_is_not_looked_at_before_a_minute_has_passed() {
    let mut app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut judged = 0;
    for number in 0.. {
        if judged == 100 {
            break;
        }
        let client = format!("10.0.{}.{}", number / 250, number % 250);
        let answer = log_in_from(&app, &client, &john.email, "wrong-wrong-wrong").await;
        if answer.status() == 401 {
            judged += 1;
        } else {
            app.advance(SECOND * u32::try_from(retry_after(&answer)).unwrap());
        }
        if number == 50 {
            app = app.restart().await;
        }
    }
    let refused = log_in_from(&app, "192.0.2.1", &john.email, &john.password).await;
    assert_eq!(retry_after(&refused), 60);
    problem(refused, 429).await;
    app.advance(MINUTE - SECOND);
    problem(log_in_from(&app, "192.0.2.2", &john.email, &john.password).await, 429).await;
    app.advance(SECOND);
    json(log_in_from(&app, "192.0.2.3", &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn r90_a_code_is_tried_five_times_whatever_limits_do() {
    for mode in ["enforce", "observe", "off"] {
        let app = TestApp::with(&[("RATE_LIMIT_MODE", mode)]).await;
        let john = Person::new("john@example.com").join(&app).await;
        let body = value!({"id": john.id, "phone": "+1234567890"});
        let asked = json(app.post_json("/User1/otp_phone", body).await, 200).await;
        let sent = app.mails().await;
        let code = sent[0]["code"].as_str().unwrap();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let give = async |code: &str| {
            let body = value!({"token": asked["otp"], "otp": code});
            problem(app.post_json("/User1/verify_otp_phone", body).await, 400).await["code"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        for _ in 0..5 {
            assert_eq!(give(wrong).await, "otp.wrong", "{mode}");
        }
        assert_eq!(give(code).await, "otp.invalid", "{mode}");
    }
}
