use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Authenticator, Person, Protected, TestApp, complete, json, problem};

/// Returns the claims of an access token.
fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_right_password_gets_a_ticket_and_a_code_completes_it() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let refused = problem(app.login("User1", &john.person.email, &john.person.password).await, 403).await;
    assert_eq!((&refused["code"], &refused["error"]), (&json!("mfa.required"), &json!("mfa_required")));
    assert_eq!((&refused["detail"], &refused["expires_in"]), (&json!("A second factor is required"), &json!(300)));
    assert_eq!(refused["challenges"], json!([{"type": "totp"}, {"type": "recovery_code"}]));
    let ticket = refused["mfa_token"].as_str().unwrap();
    let code = john.app.next_code(&app);
    let entered = json(complete(&app, ticket, &[("code", &code)]).await, 200).await;
    let members: Vec<&str> = entered.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in", "refresh_token", "device"]);
    let claims = claims(&entered["access_token"]);
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["acr"], "urn:portcullis:aal2");
    // A ticket and a code can each be used once.
    let again = json(complete(&app, ticket, &[("code", &john.app.next_code(&app))]).await, 400).await;
    assert_eq!(again, json!({"error": "invalid_grant", "error_description": "Invalid or expired code"}));
    let code = john.app.next_code(&app);
    json(complete(&app, &john.ticket(&app).await, &[("code", &code)]).await, 200).await;
    json(complete(&app, &john.ticket(&app).await, &[("code", &code)]).await, 400).await;
    // The assurance survives a refresh.
    let form = [("grant_type", "refresh_token"), ("refresh_token", entered["refresh_token"].as_str().unwrap())];
    let refreshed = json(app.post_form("/User1/token", &form).await, 200).await;
    assert_eq!(self::claims(&refreshed["access_token"])["acr"], "urn:portcullis:aal2");
}

#[tokio::test]
async fn the_token_endpoint_hands_out_tickets_too() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let form = [("grant_type", "password"), ("username", &john.person.email), ("password", &john.person.password)];
    let refused = json(app.post_form("/User1/token", &form).await, 403).await;
    let members: Vec<&str> = refused.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["error", "error_description", "code", "mfa_token", "expires_in", "challenges"]);
    assert_eq!((&refused["error"], &refused["code"]), (&json!("mfa_required"), &json!("mfa.required")));
    let code = john.app.next_code(&app);
    let body = json!({"grant_type": "urn:portcullis:mfa", "mfa_token": refused["mfa_token"], "code": code});
    json(app.post_json("/User1/token", body).await, 200).await;
}

#[tokio::test]
async fn a_code_in_the_login_is_evaluated_with_the_password() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let code = john.app.next_code(&app);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let entered = json(john.enter(&app, &[("code", &spaced), ("type", "totp")]).await, 200).await;
    assert_eq!(claims(&entered["access_token"])["acr"], "urn:portcullis:aal2");
    // A used code counts as wrong. The ticket has four attempts left.
    let refused = problem(john.enter(&app, &[("code", &code)]).await, 403).await;
    let ticket = refused["mfa_token"].as_str().unwrap();
    let wrong = john.app.wrong(&app);
    for _ in 0..4 {
        json(complete(&app, ticket, &[("code", &wrong)]).await, 400).await;
    }
    json(complete(&app, ticket, &[("code", &john.app.next_code(&app))]).await, 400).await;
    // The response to a wrong password reveals nothing about factors.
    let code = john.app.next_code(&app);
    let form = [("username", john.person.email.as_str()), ("password", "wrong-wrong-wrong"), ("code", &code)];
    assert_eq!(problem(app.post_form("/User1/login", &form).await, 401).await["code"], "login.refused");
    json(john.enter(&app, &[("code", &code)]).await, 200).await;
    // Without factors, the fields are ignored.
    let jane = Person::new("jane@example.com").join(&app).await;
    let form = [("username", jane.email.as_str()), ("password", &jane.password), ("code", "x"), ("type", "y")];
    let entered = json(app.post_form("/User1/login", &form).await, 200).await;
    assert_eq!(claims(&entered["access_token"])["acr"], "urn:portcullis:aal1");
}

#[tokio::test]
async fn a_recovery_code_replaces_a_factor_once() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let typed = john.recovery[0].to_uppercase().replace('0', "O");
    let entered = json(john.enter(&app, &[("code", &typed), ("remember", "true")]).await, 200).await;
    let token = entered["access_token"].as_str().unwrap();
    assert_eq!(claims(&entered["access_token"])["amr"], json!(["pwd", "otp", "mfa"]));
    problem(john.enter(&app, &[("code", &john.recovery[0])]).await, 403).await;
    let status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["recovery_codes"]["left"], 9);
    // Such a login does not trust the device.
    assert_eq!(json(app.get_as(token, "/User1/me/devices").await, 200).await["devices"], json!([]));
    let mail = &app.mails_to(&john.person.email).await[0];
    assert!(mail["subject"].as_str().unwrap().contains("recovery code"), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains("Codes left: 9"), "{mail}");
    // After the last one, none are left.
    for code in &john.recovery[1..] {
        json(john.enter(&app, &[("code", code), ("type", "recovery_code")]).await, 200).await;
    }
    let status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["recovery_codes"], Value::Null);
    let refused = problem(john.enter(&app, &[]).await, 403).await;
    assert_eq!(refused["challenges"], json!([{"type": "totp"}]));
}

#[tokio::test]
async fn a_ticket_ends_when_it_expires_or_its_purpose_is_fulfilled() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let refused = async |ticket: &str| {
        let code = john.app.next_code(&app);
        assert_eq!(json(complete(&app, ticket, &[("code", &code)]).await, 400).await["error"], "invalid_grant");
    };
    let late = john.ticket(&app).await;
    app.advance(Duration::from_secs(300));
    refused(&late).await;
    // A new password.
    let reset = john.ticket(&app).await;
    json(app.post_json("/User1/forget_password", json!({"email": john.person.email})).await, 200).await;
    let link = app.link(&john.person.email, "reset_password_form").await;
    let token = link.split_once("token=").unwrap().1;
    let path = format!("/User1/reset_password?token={token}");
    let set = app.post_form(&path, &[("password", "violet-teapot-hammer")]).await;
    assert_eq!(set.status(), 200);
    refused(&reset).await;
    // A reset does not change factors and creates no session.
    let john = Protected { person: john.person.clone().with_password("violet-teapot-hammer"), ..john };
    let token = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    // Another factor.
    let further = john.ticket(&app).await;
    app.advance(Duration::from_secs(30));
    let (second, _) = Authenticator::add(&app, &token).await;
    let code = john.app.next_code(&app);
    json(complete(&app, &further, &[("code", &code)]).await, 400).await;
    // Both are accepted, each once.
    for authenticator in [&john.app, &second] {
        json(john.enter(&app, &[("code", &authenticator.next_code(&app))]).await, 200).await;
    }
}

#[tokio::test]
async fn a_ticket_is_of_its_realm_and_takes_exactly_one_proof() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let ticket = john.ticket(&app).await;
    let code = john.app.next_code(&app);
    let form = [("grant_type", "urn:portcullis:mfa"), ("mfa_token", &ticket), ("code", &code)];
    assert_eq!(json(app.post_form("/User2/token", &form).await, 400).await["error"], "invalid_grant");
    // Malformed requests do not count as attempts.
    for more in [&[][..], &[("code", "1"), ("password", "2")], &[("password", "securepassword123")]] {
        for _ in 0..3 {
            assert_eq!(json(complete(&app, &ticket, more).await, 400).await["error"], "invalid_request");
        }
    }
    let none = app.post_form("/User1/token", &[("grant_type", "urn:portcullis:mfa"), ("code", "123456")]).await;
    assert_eq!(json(none, 400).await["error"], "invalid_request");
    assert_eq!(json(complete(&app, "nonsense", &[("code", "123456")]).await, 400).await["error"], "invalid_grant");
    // A ticket cannot be used as an access token.
    problem(app.get_as(&ticket, "/User1/me/mfa").await, 401).await;
    json(complete(&app, &ticket, &[("code", &code)]).await, 200).await;
}

#[tokio::test]
async fn of_fifty_logins_with_one_code_one_succeeds() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    for round in 0..3 {
        let (ticket, other) = (john.ticket(&app).await, john.ticket(&app).await);
        let code = john.app.next_code(&app);
        let fields = [("code", code.as_str())];
        let by_ticket = (0..50).map(|number| complete(&app, if number % 2 == 0 { &ticket } else { &other }, &fields));
        let by_login = (0..10).map(|_| john.enter(&app, &fields));
        let (tickets, logins) =
            tokio::join!(futures_util::future::join_all(by_ticket), futures_util::future::join_all(by_login));
        let entered = tickets.iter().chain(&logins).filter(|answer| answer.status() == 200).count();
        assert_eq!(entered, 1, "in round {round}");
    }
    for code in &john.recovery[..3] {
        let fields = [("code", code.as_str())];
        let all = (0..30).map(|_| john.enter(&app, &fields));
        let answers = futures_util::future::join_all(all).await;
        assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    }
}

#[tokio::test]
async fn the_development_mailbox_shows_the_code_that_was_just_asked_for() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    // Also immediately after the enrolment, which has used the current code.
    for step in [0, 60] {
        app.advance(Duration::from_secs(step));
        let ticket = john.ticket(&app).await;
        let shown = app.mailbox().await.into_iter().find(|message| message["channel"] == "totp").unwrap();
        assert_eq!(shown["to"], "john@example.com");
        json(complete(&app, &ticket, &[("code", shown["code"].as_str().unwrap())]).await, 200).await;
    }
}
