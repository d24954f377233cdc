//! Rows D25, D80, D81 and R01: emails to an address are limited, and its owner can still register.

use reqwest::{Method, StatusCode};
use serde_json::json as value;

use super::{HOUR, client, guess};
use crate::{
    limits::{ENFORCED, from, retry_after},
    origin_defects::{
        answer::{Answer, assert_alike},
        together,
    },
    support::{Person, TestApp, json, problem},
};

/// Adds the address of this client to a raw request.
fn as_client(number: usize, request: &str) -> String {
    request.replacen("\r\n", &format!("\r\nX-Forwarded-For: {}\r\n", client(number)), 1)
}

#[tokio::test]
async fn d80_two_hundred_requests_for_one_address_send_five_emails_and_get_the_same_response() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(HOUR);
    let before = app.mails_to(&john.email).await.len();
    let mut answers = Vec::new();
    for number in 0..200 {
        // Another site may send the request as an image.
        let email = if number % 5 == 0 { "unknown@example.com" } else { "john@example.com" };
        let path = format!("/User1/forget_password?email={email}");
        let request = app.request(Method::GET, &path).header("Sec-Fetch-Site", "cross-site");
        let answer = from(&client(number), request).send().await.unwrap();
        answers.push((format!("{email}, {number}"), Answer::of(answer).await));
        // If several emails are queued, only the newest is sent.
        if number < 20 {
            app.pump().await;
        }
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    assert_eq!(app.mails_to(&john.email).await.len(), before + 5);
    assert!(app.mails_to("unknown@example.com").await.is_empty());
}

#[tokio::test]
async fn d80_requests_for_one_address_at_one_moment_send_no_more_mails_than_one_after_the_other() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(HOUR);
    let before = app.mails_to(&john.email).await.len();
    let requests = (0..40).map(|number| {
        let request = together::form("/User1/forget_password", "email=john%40example.com");
        as_client(number, &request)
    });
    let statuses = together::statuses(&app.base, requests.collect()).await;
    assert_eq!(statuses, [200; 40]);
    // If several emails are queued, only the newest is sent. Then the hourly limit is reached.
    assert!(app.mails_to(&john.email).await.len() > before);
    let sent = app.mails_to(&john.email).await.len();
    let request = app.request(Method::POST, "/User1/forget_password").form(&[("email", &john.email)]);
    json(from(&client(99), request).send().await.unwrap(), 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), sent);
}

#[tokio::test]
async fn d80_a_client_asks_twenty_times_an_hour_by_get_and_post_together() {
    let app = TestApp::with(ENFORCED).await;
    let ask = async |number: usize| {
        let email = format!("person{number}@example.com");
        let request = match number % 3 {
            0 => app.request(Method::GET, &format!("/User1/forget_password?email={email}")),
            1 => app.request(Method::POST, "/v1/User2/forget_password").form(&[("email", &email)]),
            _ => app.request(Method::POST, "/User1/forget_password").json(&value!({ "email": email })),
        };
        from(&client(1), request).send().await.unwrap()
    };
    for number in 0..20 {
        json(ask(number).await, 200).await;
    }
    for number in 20..26 {
        let refused = ask(number).await;
        assert_eq!(retry_after(&refused), 3600);
        problem(refused, 429).await;
    }
}

#[tokio::test]
async fn d81_five_hundred_registrations_of_one_client_send_twenty_mails_and_each_address_has_one() {
    let app = TestApp::with(ENFORCED).await;
    let mut taken = 0;
    for number in 0..500 {
        let victim = Person::new(&format!("victim{number}@example.com"));
        let request = app.request(Method::POST, "/User1/create").json(&victim.form());
        let answer = from(&client(1), request).send().await.unwrap();
        match answer.status() {
            StatusCode::OK => taken += 1,
            _ => drop(problem(answer, 429).await),
        }
    }
    let mails = app.mails().await;
    let mut addresses: Vec<_> = mails.iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!((taken, mails.len(), addresses.len()), (20, 20, 20));
}

#[tokio::test]
async fn d81_two_hundred_registrations_of_one_address_send_five_mails() {
    let app = TestApp::with(ENFORCED).await;
    let victim = Person::new("victim@example.com");
    for number in 0..200 {
        let request = app.request(Method::POST, "/User1/create").json(&victim.form());
        json(from(&client(number), request).send().await.unwrap(), 200).await;
        // If several registrations are pending, only the newest is sent an email.
        if number < 20 {
            app.pump().await;
        }
    }
    assert_eq!(app.mails_to(&victim.email).await.len(), 5);
    // The owner of the address can still register.
    victim.verify(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn d81_registrations_of_one_address_at_one_moment_send_no_more_mails_than_one_after_the_other() {
    let app = TestApp::with(ENFORCED).await;
    let victim = Person::new("victim@example.com");
    let requests = (0..40).map(|number| {
        let request = together::post("/User1/create", "application/json", &victim.form().to_string());
        as_client(number, &request)
    });
    let statuses = together::statuses(&app.base, requests.collect()).await;
    assert_eq!(statuses, [200; 40]);
    let sent = app.mails_to(&victim.email).await.len();
    assert!((1..=5).contains(&sent), "{sent}");
    let request = app.request(Method::POST, "/User1/create").json(&victim.form());
    json(from(&client(99), request).send().await.unwrap(), 200).await;
    assert_eq!(app.mails_to(&victim.email).await.len(), sent);
    // If too many requests arrive at the same time to compare their passwords, the link is valid and asks for a
    // password.
    victim.verify(&app).await;
}

#[tokio::test]
async fn d25_an_attacker_who_uses_up_the_mails_of_an_address_before_its_owner_registers_gains_nothing() {
    let app = TestApp::with(ENFORCED).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase");
    let create = async |number: usize, person: &Person| {
        let request = app.request(Method::POST, "/User1/create").json(&person.form());
        json(from(&client(number), request).send().await.unwrap(), 200).await;
    };
    create(0, &attacker).await;
    for number in 1..5 {
        forget(&app, number, &attacker.email).await;
    }
    let sent = app.mails_to(&attacker.email).await.len();
    let victim = Person::new("victim@example.com").with_password("victims own phrase");
    create(5, &victim).await;
    assert_eq!(app.mails_to(&victim.email).await.len(), sent, "no further mail is sent");
    let link = app.link(&victim.email, "verify").await;
    let form = app.open(&link).await.text().await.unwrap();
    assert!(form.contains("name=\"password\""), "{form}");
    problem(guess(&app, 9, &attacker.email, &attacker.password).await, 403).await;
    // Registering once more does not help either.
    create(6, &attacker).await;
    assert_eq!(app.open(&link).await.status(), 200);
    problem(guess(&app, 10, &attacker.email, &attacker.password).await, 403).await;
}

#[tokio::test]
async fn r01_an_attacker_who_uses_up_the_mails_of_an_address_does_not_keep_its_owner_from_registering() {
    let app = TestApp::with(ENFORCED).await;
    for number in 0..5 {
        forget(&app, number, "victim@example.com").await;
    }
    let victim = Person::new("victim@example.com");
    let request = app.request(Method::POST, "/User1/create").json(&victim.form());
    json(from(&client(5), request).send().await.unwrap(), 200).await;
    assert!(app.mails_to(&victim.email).await.is_empty());
    app.advance(HOUR);
    let again = value!({ "email": "victim@example.com" });
    json(app.post_json("/User1/verify/resend", again).await, 200).await;
    assert_eq!(app.open(&app.link(&victim.email, "verify").await).await.status(), 200);
    json(guess(&app, 6, &victim.email, &victim.password).await, 200).await;
}

async fn forget(app: &TestApp, number: usize, email: &str) {
    let request = app.request(Method::POST, "/User1/forget_password").form(&[("email", email)]);
    json(from(&client(number), request).send().await.unwrap(), 200).await;
}
