use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Protected, TestApp, complete, json, passkeys::claims, problem};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Logs in with a code and trusts the device. Returns the token response.
async fn trust(app: &TestApp, john: &Protected) -> Value {
    let code = john.app.next_code(app);
    json(john.enter(app, &[("code", &code), ("remember", "true")]).await, 200).await
}

async fn devices(app: &TestApp, token: &str) -> Vec<Value> {
    json(app.get_as(token, "/User1/me/devices").await, 200).await["devices"].as_array().unwrap().clone()
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

#[tokio::test]
async fn a_trusted_device_needs_no_code_until_its_end() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let entered = trust(&app, &john).await;
    let device = text(&entered, "device").to_owned();
    let begun = devices(&app, text(&entered, "access_token")).await;
    assert_eq!(begun.len(), 1);
    // Three logins in a row. Use does not extend the expiry.
    for day in [1, 14, 14] {
        app.advance(DAY * day);
        let entered = json(john.enter(&app, &[("device", &device)]).await, 200).await;
        let sessions = json(app.get_as(text(&entered, "access_token"), "/User1/me/sessions").await, 200).await;
        assert_eq!(
            (&sessions["sessions"][0]["acr"], &sessions["sessions"][0]["amr"]),
            (&json!("urn:portcullis:aal1"), &json!(["pwd"]))
        );
        let known = devices(&app, text(&entered, "access_token")).await;
        assert_eq!(known[0]["expires_at"], begun[0]["expires_at"]);
        assert_ne!(known[0]["last_used_at"], begun[0]["last_used_at"]);
    }
    app.advance(DAY);
    problem(john.enter(&app, &[("device", &device)]).await, 403).await;
    // Without the device, a code is still required.
    problem(john.enter(&app, &[]).await, 403).await;
}

#[tokio::test]
async fn a_ticket_can_make_a_device_trusted_and_a_code_works_on_it() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let ticket = john.ticket(&app).await;
    let code = john.app.next_code(&app);
    let entered = json(complete(&app, &ticket, &[("code", &code), ("remember", "true")]).await, 200).await;
    let device = text(&entered, "device");
    let code = john.app.next_code(&app);
    let again = json(john.enter(&app, &[("device", device), ("code", &code)]).await, 200).await;
    let sessions = json(app.get_as(text(&again, "access_token"), "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal2");
    problem(john.enter(&app, &[("device", device), ("code", &code)]).await, 403).await;
}

#[tokio::test]
async fn of_many_logins_of_one_trusted_device_all_succeed() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let device = text(&trust(&app, &john).await, "device").to_owned();
    app.advance(DAY);
    let fields = [("device", device.as_str())];
    let answers = futures_util::future::join_all((0..10).map(|_| john.enter(&app, &fields))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 10);
}

#[tokio::test]
async fn trusted_devices_are_listed_and_removed() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let jane = Protected::join(&app, "jane@example.com").await;
    let (first, second) = (trust(&app, &john).await, trust(&app, &john).await);
    let token = text(&second, "access_token");
    let listed = devices(&app, token).await;
    assert_eq!(listed.len(), 2);
    assert!(listed[0]["created_at"].as_str() > listed[1]["created_at"].as_str());
    let path = format!("/User1/me/devices/{}", text(&listed[1], "id"));
    let delete =
        async |token: &str, path: &str| app.request(Method::DELETE, path).bearer_auth(token).send().await.unwrap();
    problem(delete(&jane.token, &path).await, 404).await;
    assert_eq!(json(delete(token, &path).await, 200).await, json!({"ended": 1}));
    problem(delete(token, &path).await, 404).await;
    problem(john.enter(&app, &[("device", text(&first, "device"))]).await, 403).await;
    json(john.enter(&app, &[("device", text(&second, "device"))]).await, 200).await;
    assert_eq!(json(delete(token, "/User1/me/devices").await, 200).await, json!({"ended": 1}));
    assert_eq!(json(delete(token, "/User1/me/devices").await, 200).await, json!({"ended": 0}));
    problem(john.enter(&app, &[("device", text(&second, "device"))]).await, 403).await;
}

/// The table of revocations.
#[tokio::test]
async fn trusted_devices_end_with_the_factors_they_relied_on() {
    let app = TestApp::start().await;
    let mut john = Protected::join(&app, "john@example.com").await;
    let forgotten = async |john: &Protected, device: &Value| {
        problem(john.enter(&app, &[("device", text(device, "device"))]).await, 403).await;
    };
    let device = trust(&app, &john).await;
    json(john.enter(&app, &[("code", &john.recovery[0])]).await, 200).await;
    forgotten(&john, &device).await;

    let device = trust(&app, &john).await;
    let sessions = app.request(Method::DELETE, "/User1/me/sessions").bearer_auth(text(&device, "access_token"));
    json(sessions.send().await.unwrap(), 200).await;
    forgotten(&john, &device).await;

    let device = trust(&app, &john).await;
    let change = json!({"current_password": john.person.password, "new_password": "violet-teapot-hammer"});
    let change =
        app.request(Method::POST, "/User1/me/password").bearer_auth(text(&device, "access_token")).json(&change);
    json(change.send().await.unwrap(), 200).await;
    john.person.password = "violet-teapot-hammer".to_owned();
    forgotten(&john, &device).await;
    assert!(devices(&app, text(&device, "access_token")).await.is_empty());

    let device = trust(&app, &john).await;
    let token = text(&device, "access_token");
    app.advance(Duration::from_secs(30));
    crate::support::Authenticator::add(&app, token).await;
    json(john.enter(&app, &[("device", text(&device, "device"))]).await, 200).await;
    let status = json(app.get_as(token, "/User1/me/mfa").await, 200).await;
    let path = format!("/User1/me/mfa/{}", text(&status["factors"][0], "id"));
    json(app.request(Method::DELETE, &path).bearer_auth(token).send().await.unwrap(), 200).await;
    forgotten(&john, &device).await;
}

#[tokio::test]
async fn where_devices_are_not_remembered_each_login_needs_a_code() {
    let app = TestApp::with(&[("MFA_REMEMBER", "0")]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let entered = trust(&app, &john).await;
    assert!(devices(&app, text(&entered, "access_token")).await.is_empty());
    problem(john.enter(&app, &[("device", text(&entered, "device"))]).await, 403).await;
}

const SERVICE: (&str, &str) = ("shop", "the-secret-of-the-shop-is-long-enough");

#[tokio::test]
async fn the_assurance_of_one_session_is_not_that_of_another() {
    let app = TestApp::with(&[("API_CLIENTS", &format!("{}:{}", SERVICE.0, SERVICE.1))]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let strong = trust(&app, &john).await;
    let by_device = async || json(john.enter(&app, &[("device", text(&strong, "device"))]).await, 200).await;
    let (weak, raised) = (by_device().await, by_device().await);
    // Returns the introspection of both tokens of a session.
    let told = async |tokens: &Value| {
        let mut told = Vec::new();
        for kind in ["access_token", "refresh_token"] {
            let asked = app.request(Method::POST, "/User1/introspect").basic_auth(SERVICE.0, Some(SERVICE.1));
            let said = json(asked.form(&[("token", text(tokens, kind))]).send().await.unwrap(), 200).await;
            told.push(json!([said["acr"], said["amr"]]));
        }
        told.dedup();
        told
    };
    let one = [json!(["urn:portcullis:aal1", ["pwd"]])];
    let two = [json!(["urn:portcullis:aal2", ["pwd", "otp", "mfa"]])];
    assert_eq!(
        (told(&strong).await, told(&weak).await, told(&raised).await),
        (two.to_vec(), one.to_vec(), one.to_vec())
    );
    let step_up = json!({"code": john.app.next_code(&app)});
    let step_up =
        app.request(Method::POST, "/User1/me/step_up").bearer_auth(text(&raised, "access_token")).json(&step_up);
    json(step_up.send().await.unwrap(), 200).await;
    assert_eq!((told(&raised).await, told(&weak).await), (two.to_vec(), one.to_vec()));
    for (tokens, status) in [(&strong, 200), (&raised, 200), (&weak, 401)] {
        let export = app.get_as(text(tokens, "access_token"), "/User1/me/export").await;
        assert_eq!(export.status().as_u16(), status);
        let form = [("grant_type", "refresh_token"), ("refresh_token", text(tokens, "refresh_token"))];
        let refreshed = json(app.post_form("/User1/token", &form).await, 200).await;
        let acr = if status == 200 { "urn:portcullis:aal2" } else { "urn:portcullis:aal1" };
        assert_eq!(claims(&refreshed["access_token"])["acr"], acr);
    }
}
