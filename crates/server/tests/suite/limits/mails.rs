//! Emails are limited per address and per client.

use reqwest::Method;
use serde_json::json as value;

use super::{HOUR, enforced, from, retry_after, try_login};
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn an_address_gets_five_emails_per_hour_and_older_links_remain_valid() {
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
    assert_eq!(app.mails_to(&john.email).await.len(), sent, "no further mail is sent");
    assert_eq!(app.open(&reset).await.status(), 200, "the newest reset link is valid");
    // Two passwords were submitted for the address. The link is valid, and the owner chooses one.
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
    for email in ["unknown@example.com", "john@example.com"] {
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
    assert_eq!(app.mails_to("john@example.com").await.len(), sent, "none after those before the restart");
    for number in 0..7 {
        assert_eq!(forget(&app, number, "unknown@example.com").await, known);
    }
}

#[tokio::test]
async fn a_mailbox_gets_ten_emails_per_hour_over_all_tags_and_older_links_remain_valid() {
    let app = enforced().await;
    let mut number = 0;
    let mut send = async |path: &str, email: &str| {
        number += 1;
        let form = Person::new(email).form();
        let body = if path == "create" { form } else { value!({ "email": email }) };
        let request = app.request(Method::POST, &format!("/User1/{path}")).json(&body);
        json(from(&format!("10.6.0.{number}"), request).send().await.unwrap(), 200).await
    };
    let sent = async |app: &TestApp| {
        let mails = app.mails().await;
        let to = |mail: &serde_json::Value| mail["to"].as_str().unwrap().to_owned();
        let of_mailbox = mails.iter().map(to).filter(|to| to.starts_with("john+") || to.starts_with("john@"));
        of_mailbox.collect::<Vec<_>>()
    };
    let answer = send("create", "john@example.com").await;
    for tag in 1..10 {
        assert_eq!(send("create", &format!("John+{tag}@example.com")).await["message"], answer["message"]);
    }
    assert_eq!(sent(&app).await.len(), 10);
    let link = app.link("john+3@example.com", "verify").await;
    // For unknown addresses, the responses are the same, and nothing is sent.
    assert_eq!(send("create", "john+10@example.com").await["message"], answer["message"]);
    for path in ["forget_password", "verify/resend"] {
        for email in ["john@example.com", "john+3@example.com", "john+unknown+x@example.com"] {
            send(path, email).await;
        }
    }
    assert_eq!(sent(&app).await.len(), 10);
    assert_eq!(app.open(&link).await.status(), 200, "an older link stays valid");
    // Other mailboxes are not affected, even if their name has the same prefix or they belong to another domain.
    for other in ["johnny@example.com", "john@example.org", "+john@example.com"] {
        send("create", other).await;
        assert_eq!(app.mails_to(other).await.len(), 1, "{other}");
    }
    let before = app.mails_to("john+3@example.com").await.len();
    let app = app.restart().await;
    app.advance(HOUR);
    let request = app.request(Method::POST, "/User1/forget_password").json(&value!({ "email": "john+3@example.com" }));
    json(from("10.6.1.1", request).send().await.unwrap(), 200).await;
    assert_eq!(app.mails_to("john+3@example.com").await.len(), before + 1);
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
async fn requests_that_send_nothing_are_not_counted_as_mails() {
    let app = enforced().await;
    for _ in 0..25 {
        let request = app.request(Method::POST, "/User1/create").json(&value!({"email": "no address"}));
        problem(from("192.0.2.1", request).send().await.unwrap(), 422).await;
    }
    let good = app.request(Method::POST, "/User1/create").json(&Person::new("john@example.com").form());
    json(from("192.0.2.1", good).send().await.unwrap(), 200).await;
}
