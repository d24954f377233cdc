use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    limits::ENFORCED,
    support::{Authenticator, Person, Protected, TestApp, complete, json, problem},
};

const WITH_SMS: &[(&str, &str)] = &[("MFA_METHODS", "totp,sms,recovery_code")];
const PHONE: &str = "+1234567890";
const MINUTE: Duration = Duration::from_secs(60);

async fn send(app: &TestApp, token: &str, method: Method, path: &str, body: Value) -> Response {
    app.request(method, &format!("/User1/me/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
}

async fn add(app: &TestApp, token: &str) -> Response {
    send(app, token, Method::POST, "mfa/sms", json!({})).await
}

/// Creates a user with an authenticator app and SMS. Also returns the SMS factor.
async fn join(app: &TestApp) -> (Protected, Value) {
    let john = Protected::join(app, "john@example.com").await;
    john.person.prove_phone(app).await;
    let added = json(add(app, &john.token).await, 201).await;
    (john, added)
}

async fn ask(app: &TestApp, ticket: &str) -> Response {
    app.post_json("/User1/mfa/challenge", json!({"mfa_token": ticket, "type": "sms"})).await
}

/// Returns the factor of this type in a response of `me/mfa`.
fn factor<'a>(status: &'a Value, kind: &str) -> &'a Value {
    status["factors"].as_array().unwrap().iter().find(|factor| factor["type"] == kind).unwrap()
}

/// Returns the code of the latest SMS.
async fn code(app: &TestApp) -> String {
    app.mails_to(PHONE).await[0]["code"].as_str().unwrap().to_owned()
}

async fn sms(app: &TestApp) -> usize {
    app.mails_to(PHONE).await.len()
}

async fn enter(app: &TestApp, ticket: &str, code: &str) -> Response {
    complete(app, ticket, &[("code", code), ("type", "sms")]).await
}

async fn session(app: &TestApp, entered: &Value) -> Value {
    let token = entered["access_token"].as_str().unwrap();
    json(app.get_as(token, "/User1/me/sessions").await, 200).await["sessions"][0].clone()
}

#[tokio::test]
async fn a_verified_number_is_a_factor_in_addition_to_an_app() {
    let app = TestApp::with(WITH_SMS).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = jane.log_in(&app).await;
    assert_eq!(problem(add(&app, &token).await, 409).await["code"], "phone.unverified");
    jane.prove_phone(&app).await;
    assert_eq!(problem(add(&app, &token).await, 409).await["code"], "mfa.stronger_first");
    json(send(&app, &token, Method::DELETE, "phone", json!({})).await, 200).await;
    assert_eq!(problem(add(&app, &token).await, 409).await["code"], "phone.unverified");

    let (john, added) = join(&app).await;
    assert_eq!(
        (&added["type"], &added["name"], &added["last_used_at"]),
        (&json!("sms"), &json!("•••90"), &Value::Null)
    );
    assert!(added.get("recovery_codes").is_none() && added.get("tokens").is_none());
    assert_eq!(problem(add(&app, &john.token).await, 409).await["code"], "mfa.too_many");
    problem(send(&app, &john.token, Method::POST, "mfa/sms", json!({"more": 1})).await, 422).await;
    let status = json(app.get_as(&john.token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["methods"], json!(["totp", "sms", "recovery_code"]));
    assert_eq!((&factor(&status, "sms")["id"], status["factors"].as_array().unwrap().len()), (&added["id"], 2));
    assert!(!status.to_string().contains("4567890"), "{status}");
    let mail = &app.mails_to("john@example.com").await[0];
    assert_eq!(mail["subject"], "Two-step verification by text message was turned on for your Portcullis account");
    assert!(mail["links"][0].as_str().unwrap().contains("/undo?token="));
}

#[tokio::test]
async fn a_code_by_sms_completes_a_login_once() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    let refused = problem(john.enter(&app, &[]).await, 403).await;
    let expected = json!([{"type": "totp"}, {"type": "sms", "to": "•••90"}, {"type": "recovery_code"}]);
    assert_eq!(refused["challenges"], expected);
    let ticket = refused["mfa_token"].as_str().unwrap();
    let before = sms(&app).await;
    assert_eq!(json(ask(&app, ticket).await, 202).await, json!({"expires_in": 300}));
    let first = code(&app).await;
    // The same code is sent until it is used.
    app.advance(MINUTE);
    assert_eq!(json(ask(&app, ticket).await, 202).await, json!({"expires_in": 240}));
    assert_eq!((sms(&app).await, code(&app).await), (before + 2, first.clone()));
    // Without a type, six digits are a TOTP code.
    json(complete(&app, ticket, &[("code", &first)]).await, 400).await;
    let entered = json(enter(&app, ticket, &first).await, 200).await;
    let session = session(&app, &entered).await;
    assert_eq!((&session["amr"], &session["acr"]), (&json!(["pwd", "sms", "mfa"]), &json!("urn:portcullis:aal2")));
    json(enter(&app, &john.ticket(&app).await, &first).await, 400).await;
    // A code can also be sent with the password, and can trust a device.
    let ticket = john.ticket(&app).await;
    json(ask(&app, &ticket).await, 202).await;
    let second = code(&app).await;
    assert_ne!(first, second);
    let fields = [("code", second.as_str()), ("type", "sms"), ("remember", "true")];
    let entered = json(john.enter(&app, &fields).await, 200).await;
    json(john.enter(&app, &[("device", entered["device"].as_str().unwrap())]).await, 200).await;
    problem(john.enter(&app, &fields[..2]).await, 403).await;
    let token = entered["access_token"].as_str().unwrap();
    let status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    assert!(factor(&status, "sms")["last_used_at"].is_string());
    let events = json(app.get_as(token, "/User1/me/events").await, 200).await.to_string();
    assert!(events.contains("code_requested") && events.contains("mfa_passed"), "{events}");
}

#[tokio::test]
async fn a_code_ends_with_its_time_with_the_password_and_with_the_factors() {
    let app = TestApp::with(&[WITH_SMS, &[("MFA_TTL", "1h"), ("OTP_TTL", "2m")]].concat()).await;
    let (john, _) = join(&app).await;
    let ticket = john.ticket(&app).await;
    assert_eq!(json(ask(&app, &ticket).await, 202).await["expires_in"], 120);
    let first = code(&app).await;
    // A code that expires too soon is replaced.
    app.advance(Duration::from_secs(95));
    assert_eq!(json(ask(&app, &ticket).await, 202).await["expires_in"], 120);
    let second = code(&app).await;
    assert_ne!(first, second);
    json(enter(&app, &ticket, &first).await, 400).await;
    app.advance(MINUTE * 2);
    json(enter(&app, &ticket, &second).await, 400).await;
    json(ask(&app, &ticket).await, 202).await;
    let third = code(&app).await;
    json(app.post_json("/User1/forget_password", json!({"email": john.person.email})).await, 200).await;
    let link = app.link(&john.person.email, "reset_password_form").await;
    let path = format!("/User1/reset_password?token={}", link.split_once("token=").unwrap().1);
    assert_eq!(app.post_form(&path, &[("password", "violet-teapot-hammer")]).await.status(), 200);
    assert_eq!(problem(ask(&app, &ticket).await, 400).await["code"], "mfa.invalid");
    let john = Protected { person: john.person.with_password("violet-teapot-hammer"), ..john };
    problem(john.enter(&app, &[("code", &third), ("type", "sms")]).await, 403).await;
}

#[tokio::test]
async fn a_code_is_sent_only_for_a_ticket_that_it_completes() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    let before = sms(&app).await;
    let post = async |body: Value| app.post_json("/User1/mfa/challenge", body).await;
    problem(post(json!({})).await, 422).await;
    for body in [
        json!({"mfa_token": "junk", "type": "sms"}),
        json!({"mfa_token": john.ticket(&app).await, "type": "totp"}),
        json!({"mfa_token": john.ticket(&app).await, "type": "passkey"}),
    ] {
        assert_eq!(problem(post(body).await, 400).await["code"], "mfa.invalid");
    }
    // An account without SMS, and another realm.
    let jane = Protected::join(&app, "jane@example.com").await;
    problem(ask(&app, &jane.ticket(&app).await).await, 400).await;
    let elsewhere = json!({"mfa_token": john.ticket(&app).await, "type": "sms"});
    problem(app.post_json("/User2/mfa/challenge", elsewhere).await, 400).await;
    // A ticket that is used, and one that only requires the password.
    let ticket = john.ticket(&app).await;
    json(complete(&app, &ticket, &[("code", &john.app.next_code(&app))]).await, 200).await;
    problem(ask(&app, &ticket).await, 400).await;
    let code = john.app.next_code(&app);
    let step_up = send(&app, &john.token, Method::POST, "step_up", json!({"code": code, "max_age": 0})).await;
    let refused = problem(step_up, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "password"}]));
    problem(ask(&app, refused["mfa_token"].as_str().unwrap()).await, 400).await;
    assert_eq!(sms(&app).await, before);
}

#[tokio::test]
async fn a_code_renews_an_authentication() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    app.advance(MINUTE);
    let password = john.person.password.as_str();
    let body = json!({"current_password": password, "max_age": 0});
    let refused = problem(send(&app, &john.token, Method::POST, "step_up", body).await, 403).await;
    let ticket = refused["mfa_token"].as_str().unwrap();
    json(ask(&app, ticket).await, 202).await;
    let stepped = json(enter(&app, ticket, &code(&app).await).await, 200).await;
    assert!(stepped.get("refresh_token").is_none());
    // A renewed authentication replaces what was proved before: the app is not among it.
    let session = session(&app, &stepped).await;
    assert_eq!(session["amr"], json!(["pwd", "sms", "mfa"]));
}

#[tokio::test]
async fn without_an_app_six_digits_are_those_of_the_sms() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    let status = json(app.get_as(&john.token, "/User1/me/mfa").await, 200).await;
    let totp = format!("mfa/{}", factor(&status, "totp")["id"].as_str().unwrap());
    json(send(&app, &john.token, Method::DELETE, &totp, json!({})).await, 200).await;
    let refused = problem(john.enter(&app, &[]).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "sms", "to": "•••90"}, {"type": "recovery_code"}]));
    let ticket = refused["mfa_token"].as_str().unwrap();
    json(ask(&app, ticket).await, 202).await;
    let code = code(&app).await;
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    json(complete(&app, ticket, &[("code", &spaced)]).await, 200).await;
}

#[tokio::test]
async fn its_removal_is_that_of_a_factor_whichever_way() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, added) = join(&app).await;
    let other = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let path = format!("mfa/{}", added["id"].as_str().unwrap());
    json(send(&app, &john.token, Method::DELETE, &path, json!({})).await, 200).await;
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    let subject = async || app.mails_to("john@example.com").await[0]["subject"].clone();
    assert_eq!(subject().await, "Two-step verification by text message was turned off for your Portcullis account");
    // With the phone number.
    json(add(&app, &john.token).await, 201).await;
    let ticket = john.ticket(&app).await;
    json(ask(&app, &ticket).await, 202).await;
    json(send(&app, &john.token, Method::DELETE, "phone", json!({})).await, 200).await;
    let subjects: Vec<Value> =
        app.mails_to("john@example.com").await.iter().map(|mail| mail["subject"].clone()).collect();
    for told in [
        "Two-step verification by text message was turned off for your Portcullis account",
        "The phone number of your Portcullis account was removed",
    ] {
        assert!(subjects[..2].contains(&json!(told)), "{subjects:?}");
    }
    problem(ask(&app, &ticket).await, 400).await;
    let status = json(app.get_as(&john.token, "/User1/me/mfa").await, 200).await;
    assert_eq!((status["factors"].as_array().unwrap().len(), &status["two_step"]), (1, &json!(true)));
    // Removing the last factor turns off two-step verification, unless the realm requires it.
    let events = json(app.get_as(&john.token, "/User1/me/events").await, 200).await.to_string();
    assert!(events.contains("factor_removed") && events.contains("phone_removed"), "{events}");
}

#[tokio::test]
async fn the_number_of_the_last_required_factor_cannot_be_removed() {
    let required = [WITH_SMS, &[("REALM_USER1_MFA_POLICY", "required")]].concat();
    for (settings, is_required) in [(WITH_SMS, false), (required.as_slice(), true)] {
        let app = TestApp::with(settings).await;
        let john = Person::new("john@example.com").join(&app).await;
        john.prove_phone(&app).await;
        let token = if is_required { enrol(&app, &john).await } else { Protected::add(&app, &john).await.token };
        json(add(&app, &token).await, 201).await;
        let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
        let totp = format!("mfa/{}", factor(&status, "totp")["id"].as_str().unwrap());
        json(send(&app, &token, Method::DELETE, &totp, json!({})).await, 200).await;
        let removed = send(&app, &token, Method::DELETE, "phone", json!({})).await;
        if is_required {
            assert_eq!(problem(removed, 409).await["code"], "mfa.required");
            continue;
        }
        json(removed, 200).await;
        let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
        assert_eq!((&status["two_step"], &status["recovery_codes"]), (&json!(false), &Value::Null));
        john.log_in(&app).await;
    }
}

/// Adds an authenticator app with the ticket of a login. Returns the access token.
async fn enrol(app: &TestApp, person: &Person) -> String {
    let refused = problem(app.login("User1", &person.email, &person.password).await, 403).await;
    let ticket = &refused["mfa_token"];
    let offer = json(app.post_json("/User1/me/mfa/totp", json!({"mfa_token": ticket})).await, 200).await;
    let code = Authenticator::of(&offer).code(app);
    let confirm = json!({"enrolment": offer["enrolment"], "code": code, "mfa_token": ticket});
    let added = json(app.post_json("/User1/me/mfa/totp/confirm", confirm).await, 201).await;
    added["tokens"]["access_token"].as_str().unwrap().to_owned()
}

/// Another person may have entered the number.
#[tokio::test]
async fn the_number_of_a_contested_registration_is_no_factor() {
    let app = TestApp::with(WITH_SMS).await;
    Person::new("victim@example.com").with_password("attackers own phrase").register(&app).await;
    let victim = Person::new("victim@example.com").register(&app).await;
    let link = app.link(&victim.email, "verify").await;
    let page = app.open(&link).await.text().await.unwrap();
    let action = page.split_once("action=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert_eq!(app.post_form(&format!("/User1/{action}"), &[("password", &victim.password)]).await.status(), 200);
    let token = Protected::add(&app, &victim).await.token;
    assert_eq!(problem(add(&app, &token).await, 409).await["code"], "phone.disputed");
}

#[tokio::test]
async fn its_addition_can_be_undone() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    let link = app.link("john@example.com", "undo").await;
    let token = link.split_once("token=").unwrap().1;
    assert_eq!(app.post_form("/User1/undo", &[("token", token)]).await.status(), 200);
    let subject = app.mails_to("john@example.com").await[0]["subject"].clone();
    assert!(!subject.as_str().unwrap().contains("authenticator"), "{subject}");
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["factors"].as_array().unwrap().len(), 1);
    assert_eq!(status["factors"][0]["type"], "totp");
}

/// Codes requested by visitors do not use up the quota of login codes.
#[tokio::test]
async fn its_codes_have_separate_quotas_and_the_response_does_not_reveal_them() {
    let app = TestApp::with(&[WITH_SMS, ENFORCED].concat()).await;
    let (john, _) = join(&app).await;
    let ticket = john.ticket(&app).await;
    let before = sms(&app).await;
    json(ask(&app, &ticket).await, 202).await;
    assert_eq!(sms(&app).await, before + 1, "otp_phone has used its own quota in this minute");
    assert_eq!(json(ask(&app, &ticket).await, 202).await, json!({"expires_in": 300}));
    assert_eq!(sms(&app).await, before + 1);
    let withheld = &app.mailbox().await[0];
    assert_eq!(withheld["withheld"], "LIMIT_OTP_ACCOUNT");
    // The code that was sent is still valid.
    json(enter(&app, &ticket, &code(&app).await).await, 200).await;
    // Wrong codes are counted like those of other factors.
    for _ in 0..5 {
        json(enter(&app, &john.ticket(&app).await, "000000").await, 400).await;
    }
    assert_eq!(
        json(enter(&app, &john.ticket(&app).await, "000000").await, 429).await["limit"],
        "LIMIT_FACTORS_ACCOUNT"
    );
}

#[tokio::test]
async fn codes_to_countries_that_are_not_served_are_not_sent() {
    let app = TestApp::with(&[WITH_SMS, &[("SMS_COUNTRIES", "US")]].concat()).await;
    let (john, _) = join(&app).await;
    let change = json!({"phone": "+12025550143"});
    json(send(&app, &john.token, Method::POST, "phone", change).await, 202).await;
    assert_eq!(app.mails_to("+12025550143").await.len(), 1);
    let ticket = john.ticket(&app).await;
    json(ask(&app, &ticket).await, 202).await;
}

#[tokio::test]
async fn of_fifty_logins_with_one_code_by_sms_one_succeeds() {
    let app = TestApp::with(WITH_SMS).await;
    let (john, _) = join(&app).await;
    for round in 0..3 {
        app.advance(MINUTE);
        let (ticket, other) = (john.ticket(&app).await, john.ticket(&app).await);
        json(ask(&app, &ticket).await, 202).await;
        let code = code(&app).await;
        let fields = [("code", code.as_str()), ("type", "sms")];
        let by_ticket = (0..50).map(|number| complete(&app, if number % 2 == 0 { &ticket } else { &other }, &fields));
        let by_login = (0..10).map(|_| john.enter(&app, &fields));
        let (tickets, logins) =
            tokio::join!(futures_util::future::join_all(by_ticket), futures_util::future::join_all(by_login));
        let entered = tickets.iter().chain(&logins).filter(|answer| answer.status() == 200).count();
        assert_eq!(entered, 1, "in round {round}");
    }
    // Fifty requests result in one code.
    let ticket = john.ticket(&app).await;
    let before = sms(&app).await;
    for answer in futures_util::future::join_all((0..50).map(|_| ask(&app, &ticket))).await {
        assert!([202, 503].contains(&answer.status().as_u16()), "{}", answer.status());
    }
    let codes: std::collections::HashSet<String> =
        app.mails_to(PHONE).await.iter().rev().skip(before).map(|sms| sms["code"].to_string()).collect();
    assert_eq!(codes.len(), 1);
}

#[tokio::test]
async fn without_the_setting_there_is_no_sms() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    john.person.prove_phone(&app).await;
    problem(add(&app, &john.token).await, 404).await;
    // The route exists for passkeys, but SMS is not one of the challenges.
    problem(ask(&app, &john.ticket(&app).await).await, 400).await;
    let app = app.restart_with(&[("PASSKEYS", "off")]).await;
    problem(ask(&app, &john.ticket(&app).await).await, 404).await;
}
