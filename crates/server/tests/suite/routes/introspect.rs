//! Services can check whether a token is active, and see its revocation immediately.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json as value};

use crate::{
    limits::{ENFORCED, from},
    support::{Person, TestApp, json, problem},
};

const SECRET: &str = "the-secret-of-the-shop-is-long-enough";
const NEW_SECRET: &str = "its successor: 100 % longer with + and é";

async fn start() -> TestApp {
    TestApp::with(&[("API_CLIENTS", &format!("shop:{SECRET}"))]).await
}

pub async fn ask_with(app: &TestApp, id: &str, secret: &str, realm: &str, token: &str) -> Response {
    let request = app.request(Method::POST, &format!("/{realm}/introspect")).basic_auth(id, Some(secret));
    request.form(&[("token", token), ("token_type_hint", "refresh_token")]).send().await.unwrap()
}

async fn ask(app: &TestApp, token: &str) -> Value {
    json(ask_with(app, "shop", SECRET, "User1", token).await, 200).await
}

async fn is_live(app: &TestApp, token: &str) -> bool {
    let answer = ask(app, token).await;
    let is_live = answer["active"] == true;
    assert!(is_live || answer == value!({"active": false}), "{answer}");
    is_live
}

/// Logs in, and returns the access token and the refresh token.
async fn enter(app: &TestApp, person: &Person) -> (String, String) {
    pair(&json(app.login(&person.realm, &person.email, &person.password).await, 200).await)
}

fn pair(answer: &Value) -> (String, String) {
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(app: &TestApp, token: &str) -> (String, String) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    pair(&json(app.post_form("/User1/token", &form).await, 200).await)
}

async fn assert_unauthenticated(response: Response) {
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"User1\", charset=\"UTF-8\"");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(json(response, 401).await["error"], "invalid_client");
}

#[tokio::test]
async fn introspection_of_a_live_token_returns_the_current_state_of_its_session() {
    let app = start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (access, refresh) = enter(&app, &john).await;
    let sid = json(app.get_as(&access, "/User1/me/sessions").await, 200).await["sessions"][0]["id"].clone();
    let common = value!({
        "active": true, "iss": format!("{}/User1", app.base), "sub": john.id, "sid": sid, "iat": 1_767_225_600,
        "auth_time": 1_767_225_600, "acr": "urn:portcullis:aal1", "amr": ["pwd"],
    });
    let with = |kind: &str, lifetime: i64| {
        let mut expected = common.clone();
        (expected["token_type"], expected["exp"]) = (kind.into(), (1_767_225_600 + lifetime).into());
        expected
    };
    let answer = ask_with(&app, "shop", SECRET, "User1", &access).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(json(answer, 200).await, with("bearer", 1800));
    assert_eq!(ask(&app, &refresh).await, with("refresh_token", 30 * 86_400));

    // A new authentication is visible in the response for an older token.
    app.advance(Duration::from_secs(60));
    let body = value!({"current_password": john.password});
    let again = app.request(Method::POST, "/User1/me/step_up").bearer_auth(&access).json(&body).send().await.unwrap();
    json(again, 200).await;
    assert_eq!(ask(&app, &access).await["auth_time"], 1_767_225_660);
}

#[tokio::test]
async fn introspection_returns_the_audience_of_the_token() {
    let app = TestApp::with(&[("API_CLIENTS", &format!("shop:{SECRET}")), ("JWT_AUDIENCE", "shop")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (access, refresh) = enter(&app, &john).await;
    assert_eq!(ask(&app, &access).await["aud"], "shop");
    assert_eq!(ask(&app, &refresh).await["aud"], Value::Null);
}

#[tokio::test]
async fn the_end_of_a_session_takes_effect_immediately_for_both_of_its_tokens() {
    let app = start().await;
    let john = Person::new("john@example.com").join(&app).await;
    for end in ["logout", "revoke", "me/sessions", "reset", "delete"] {
        let (access, refresh) = enter(&app, &john).await;
        assert!(is_live(&app, &access).await && is_live(&app, &refresh).await, "{end}");
        let own = |method: Method, path: &str| app.request(method, path).bearer_auth(&access);
        let answer = match end {
            "logout" => own(Method::POST, "/User1/logout").send().await.unwrap(),
            "revoke" => app.post_form("/User1/revoke", &[("token", &refresh)]).await,
            "me/sessions" => {
                let sid = ask(&app, &access).await["sid"].as_str().unwrap().to_owned();
                own(Method::DELETE, &format!("/User1/me/sessions/{sid}")).send().await.unwrap()
            }
            "reset" => {
                app.post_json("/User1/forget_password", value!({"email": john.email})).await;
                let form = app.link(&john.email, "reset_password_form").await;
                let form = form.replace("reset_password_form", "reset_password");
                app.http.post(form).form(&[("password", john.password.as_str())]).send().await.unwrap()
            }
            _ => {
                let query = [("id", &john.id), ("email", &john.email)];
                own(Method::DELETE, "/User1/delete").query(&query).send().await.unwrap()
            }
        };
        assert_eq!(answer.status(), 200, "{end}");
        assert!(!is_live(&app, &access).await && !is_live(&app, &refresh).await, "{end}");
    }
}

#[tokio::test]
async fn everything_that_is_not_a_live_token_of_the_realm_is_only_inactive() {
    let app = start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let elsewhere = Person::new("john@example.com").of("User2").join(&app).await;
    let (access, refresh) = enter(&app, &john).await;
    let (other_access, other_refresh) = enter(&app, &elsewhere).await;
    let forged = format!("{}AAAAAA", &access[..access.len() - 6]);
    for token in ["junk", " ", "a.b.c", &forged, &other_access, &other_refresh, &john.id, &refresh[..refresh.len() - 4]]
    {
        assert!(!is_live(&app, token).await, "{token}");
    }
    assert_eq!(json(ask_with(&app, "shop", SECRET, "User2", &other_access).await, 200).await["active"], true);
    app.advance(Duration::from_secs(1805));
    assert!(!is_live(&app, &access).await, "expired");
    assert!(is_live(&app, &refresh).await);
    app.advance(Duration::from_secs(30 * 86_400));
    assert!(!is_live(&app, &refresh).await, "idle");
}

#[tokio::test]
async fn a_refresh_token_is_live_while_it_can_be_used_and_asking_ends_nothing() {
    let app = start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (_, first) = enter(&app, &john).await;
    let (_, second) = refresh(&app, &first).await;
    assert!(is_live(&app, &first).await, "it can still be repeated");
    assert_eq!(ask(&app, &first).await["exp"], 1_767_225_600 + 86_400);
    let (access, third) = refresh(&app, &second).await;
    assert!(!is_live(&app, &first).await, "its reuse would end the session");
    assert!(is_live(&app, &third).await && is_live(&app, &access).await, "asking about it did not");
}

#[tokio::test]
async fn only_a_service_that_proves_itself_gets_an_answer() {
    let settings = [("API_CLIENTS", format!("shop:{SECRET}, shop:{NEW_SECRET} ,mill:{SECRET}x"))];
    let app = TestApp::with(&settings.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    // Two secrets are valid during a rotation, either verbatim or URL-encoded.
    let encoded = "its+successor%3A+100+%25+longer+with+%2B+and+%C3%A9";
    for (id, secret) in [("shop", SECRET), ("shop", NEW_SECRET), ("shop", encoded), ("mill", &format!("{SECRET}x"))] {
        assert_eq!(json(ask_with(&app, id, secret, "User1", &token).await, 200).await["active"], true, "{id} {secret}");
    }
    let wrong =
        [("shop", "wrong"), ("mill", SECRET), ("", SECRET), ("shop", ""), ("Shop", SECRET), ("unknown", SECRET)];
    for (id, secret) in wrong {
        assert_unauthenticated(ask_with(&app, id, secret, "User1", &token).await).await;
    }
    let request = || app.request(Method::POST, "/User1/introspect").form(&[("token", &token)]);
    assert_unauthenticated(request().send().await.unwrap()).await;
    assert_unauthenticated(request().bearer_auth(&token).send().await.unwrap()).await;
    for header in ["Basic", "Basic !", "Basic c2hvcA==", "Basic /w=="] {
        assert_unauthenticated(request().header("Authorization", header).send().await.unwrap()).await;
    }
    let twice = request().basic_auth("shop", Some(SECRET)).basic_auth("shop", Some(SECRET));
    assert_unauthenticated(twice.send().await.unwrap()).await;
    // Credentials are not accepted in the body or the URL.
    let body = [("token", token.as_str()), ("client_id", "shop"), ("client_secret", SECRET)];
    assert_unauthenticated(app.post_form("/User1/introspect", &body).await).await;
    problem(app.get("/User1/introspect").await, 405).await;
}

#[tokio::test]
async fn without_configured_services_introspection_is_rejected() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    assert_unauthenticated(ask_with(&app, "shop", SECRET, "User1", &token).await).await;
}

#[tokio::test]
async fn wrong_secrets_are_limited_like_passwords_and_never_blind_the_service() {
    let clients = ("API_CLIENTS", &*format!("shop:{SECRET}"));
    let app = TestApp::with(&[&[clients], ENFORCED].concat()).await;
    let ask = async |secret: &str| {
        let request = app.request(Method::POST, "/User1/introspect").basic_auth("shop", Some(secret));
        from("10.0.0.1", request.form(&[("token", "junk")])).send().await.unwrap()
    };
    for _ in 0..30 {
        assert_unauthenticated(ask("wrong").await).await;
    }
    let refused = ask("wrong").await;
    assert!(refused.headers().contains_key("retry-after"));
    let refused = json(refused, 429).await;
    assert_eq!(
        (refused["error"].as_str(), refused["limit"].as_str()),
        (Some("temporarily_unavailable"), Some("LIMIT_PASSWORDS_CLIENT"))
    );
    for _ in 0..40 {
        assert_eq!(json(ask(SECRET).await, 200).await["active"], false);
    }
}

#[tokio::test]
async fn without_the_store_no_token_is_called_live() {
    let app = start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    assert!(is_live(&app, &token).await);
    app.watched.store_is_away(true);
    let answer = ask_with(&app, "shop", SECRET, "User1", &token).await;
    assert_eq!(json(answer, 503).await["error"], "temporarily_unavailable");
}
