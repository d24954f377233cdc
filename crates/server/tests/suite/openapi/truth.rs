//! Responses match the OpenAPI description.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{document, operations};
use crate::{
    limits::{from, retry_after},
    support::{Person, Protected, TestApp, complete},
};

/// Asserts that the description of the route contains the response: status, code, text and names of the members.
async fn is_described(operation: &str, response: Response) {
    let document = document();
    let (method, path) = operation.split_once(' ').unwrap();
    let status = response.status().as_u16().to_string();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let headers = response.headers().clone();
    let mut got: Value = response.json().await.unwrap();
    // The position of a syntax error is not part of the example.
    for member in ["detail", "error_description"] {
        if let Some((text, _)) = got[member].as_str().and_then(|text| text.split_once(" at byte ")) {
            got[member] = format!("{text}.").into();
        }
    }
    let answer = &document["paths"][format!("/v1/{{realm}}{path}")][method]["responses"][&status];
    let shown = answer["content"][&kind]["examples"].as_object();
    let shown = shown.unwrap_or_else(|| panic!("{operation}: {status} {kind} is not described: {got}"));
    let alike = |example: &Value| {
        let members = ["type", "code", "detail", "title", "error", "error_description"];
        let has_limit = |body: &Value| body["limit"].is_string();
        members.iter().all(|member| got[member] == example[member]) && has_limit(&got) == has_limit(example)
    };
    assert!(shown.values().any(|example| alike(&example["value"])), "{operation}: {got} is not described");
    for header in ["Retry-After", "WWW-Authenticate"] {
        assert_eq!(
            headers.contains_key(header),
            answer["headers"][header].is_object(),
            "{operation}: {status} {header}"
        );
    }
}

#[tokio::test]
async fn refusals_before_authentication_are_described() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let raw = |path: &str, kind: &str, body: &str| {
        app.request(Method::POST, path).header("Content-Type", kind.to_owned()).body(body.to_owned())
    };
    let (json_type, form) = ("application/json", "application/x-www-form-urlencoded");
    let create = "post /create";
    is_described(create, app.post_json("/Decoy/create", json!({})).await).await;
    is_described(create, app.post_json("/User1/create", json!({})).await).await;
    is_described(create, raw("/User1/create", json_type, "{").send().await.unwrap()).await;
    is_described(create, raw("/User1/create", json_type, "[]").send().await.unwrap()).await;
    is_described(create, raw("/User1/create", json_type, r#"{"a":1,"a":2}"#).send().await.unwrap()).await;
    is_described(create, raw("/User1/create", "text/plain", "").send().await.unwrap()).await;
    is_described(create, raw("/User1/create", json_type, &"x".repeat(70_000)).send().await.unwrap()).await;

    let login = "post /login";
    is_described(login, app.login("User1", &john.email, &john.password).await).await;
    is_described(login, app.login("User1", &john.email, "another-long-password").await).await;
    is_described(login, app.post_form("/User1/login", &[]).await).await;
    is_described(login, raw("/User1/login", form, "username=%FF").send().await.unwrap()).await;
    is_described(login, raw("/User1/login", "text/plain", "{}").send().await.unwrap()).await;

    let token = "post /token";
    for form in [
        &[("grant_type", "password"), ("username", john.email.as_str()), ("password", john.password.as_str())][..],
        &[("grant_type", "password"), ("username", "a@example.com"), ("password", "another-long-password")],
        &[("grant_type", "refresh_token"), ("refresh_token", "junk")],
        &[("grant_type", "refresh_token")],
        &[("grant_type", "magic")],
        &[],
        &[("a", "1"), ("a", "2")],
    ] {
        is_described(token, app.post_form("/User1/token", form).await).await;
    }
    is_described(token, app.post_json("/User1/token", json!({})).await).await;
    is_described(token, app.post_form("/Decoy/token", &[]).await).await;
}

#[tokio::test]
async fn refusals_of_services_and_of_revocation_are_described() {
    let app = TestApp::with(&[("API_CLIENTS", "shop:the-secret-of-the-shop-is-long-enough")]).await;
    let service =
        |path: &str, secret: &str| app.request(Method::POST, path).basic_auth("shop", Some(secret.to_owned()));
    let known = |path: &str| service(path, "the-secret-of-the-shop-is-long-enough");
    let introspect = "post /introspect";
    is_described(introspect, app.post_form("/User1/introspect", &[("token", "junk")]).await).await;
    is_described(introspect, service("/User1/introspect", "wrong").send().await.unwrap()).await;
    is_described(introspect, known("/User1/introspect").form(&[("a", "b")]).send().await.unwrap()).await;
    is_described(introspect, known("/User1/introspect").form(&[("a", "b"), ("a", "b")]).send().await.unwrap()).await;
    is_described(introspect, known("/User1/introspect").body("x").send().await.unwrap()).await;
    is_described(introspect, known("/Decoy/introspect").form(&[("token", "junk")]).send().await.unwrap()).await;
    is_described("post /revoke", app.post_form("/User1/revoke", &[]).await).await;
    is_described("post /revoke", app.post_form("/User1/revoke", &[("token", "a"), ("token", "b")]).await).await;
    is_described("post /revoke", app.post_json("/User1/revoke", json!([])).await).await;
    is_described("post /revoke", app.post_form("/Decoy/revoke", &[("token", "junk")]).await).await;
}

#[tokio::test]
async fn refusals_of_links_and_codes_are_described() {
    let app = TestApp::start().await;
    let asking = |method: Method, path: &str| app.request(method, path).header("Accept", "application/json");
    for page in ["verify", "undo", "reset_password_form"] {
        let answer = asking(Method::GET, &format!("/User1/{page}?token=junk")).send().await.unwrap();
        is_described(&format!("get /{page}"), answer).await;
    }
    let reset = asking(Method::POST, "/User1/reset_password?token=junk").form(&[("password", "violet-teapot-hammer")]);
    is_described("post /reset_password", reset.send().await.unwrap()).await;
    is_described("post /undo", asking(Method::POST, "/User1/undo").form(&[("token", "junk")]).send().await.unwrap())
        .await;
    is_described("get /forget_password", app.get("/User1/forget_password?email=junk").await).await;
    is_described("get /forget_password", app.get("/User1/forget_password?email=a&email=b").await).await;
    is_described("post /forget_password", app.post_json("/User1/forget_password", json!({})).await).await;
    is_described("post /verify/resend", app.post_json("/User1/verify/resend", json!([])).await).await;
    is_described("post /otp_phone", app.post_json("/User1/otp_phone", json!({})).await).await;
    is_described("get /verify_otp_phone", app.get("/User1/verify_otp_phone").await).await;
    is_described("get /verify_otp_phone", app.get("/User1/verify_otp_phone?token=junk&otp=123456").await).await;
    let code = json!({"token": "junk", "otp": "123456"});
    is_described("post /verify_otp_phone", app.post_json("/User1/verify_otp_phone", code).await).await;
}

#[tokio::test]
async fn refusals_of_second_factors_are_described() {
    let app = TestApp::with(&[("MFA_METHODS", "totp,sms,recovery_code")]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let refused = john.enter(&app, &[]).await;
    is_described("post /login", refused).await;
    let password = [("grant_type", "password"), ("username", &*john.person.email), ("password", &john.person.password)];
    is_described("post /token", app.post_form("/User1/token", &password).await).await;
    is_described("post /token", complete(&app, "junk", &[("code", "123456")]).await).await;
    is_described("post /token", complete(&app, "junk", &[]).await).await;
    let send = async |method: Method, path: &str, body: Value| {
        app.request(method, &format!("/User1{path}")).bearer_auth(&john.token).json(&body).send().await.unwrap()
    };
    app.advance(std::time::Duration::from_secs(1));
    is_described("post /me/step_up", send(Method::POST, "/me/step_up", json!({"max_age": 0})).await).await;
    is_described("post /me/step_up", send(Method::POST, "/me/step_up", json!({"max_age": "x"})).await).await;
    is_described("post /me/step_up", send(Method::POST, "/me/step_up", json!({"code": "1"})).await).await;
    let wrong = json!({"enrolment": "junk", "code": "1"});
    is_described("post /me/mfa/totp/confirm", send(Method::POST, "/me/mfa/totp/confirm", wrong).await).await;
    is_described("post /me/mfa/totp", send(Method::POST, "/me/mfa/totp", json!({"name": ""})).await).await;
    is_described("post /me/mfa/totp", app.post_json("/User1/me/mfa/totp", json!({})).await).await;
    is_described("post /me/mfa/sms", send(Method::POST, "/me/mfa/sms", json!({})).await).await;
    let junk = json!({"mfa_token": "junk", "type": "sms"});
    is_described("post /mfa/challenge", app.post_json("/User1/mfa/challenge", junk).await).await;
    is_described("post /mfa/challenge", app.post_json("/User1/mfa/challenge", json!({})).await).await;
    is_described("patch /me/mfa", send(Method::PATCH, "/me/mfa", json!({"two_step": 1})).await).await;
    is_described("delete /me/mfa/{id}", send(Method::DELETE, "/me/mfa/unknown", json!({})).await).await;
    is_described("delete /me/devices/{id}", send(Method::DELETE, "/me/devices/unknown", json!({})).await).await;
    app.advance(std::time::Duration::from_secs(660));
    for (method, path) in [
        (Method::POST, "/me/mfa/totp"),
        (Method::PATCH, "/me/mfa"),
        (Method::POST, "/me/mfa/recovery_codes"),
        (Method::POST, "/me/mfa/sms"),
        (Method::DELETE, "/me/mfa/{id}"),
    ] {
        let operation = format!("{} {path}", method.as_str().to_lowercase());
        is_described(&operation, send(method, path, json!({})).await).await;
    }
}

#[tokio::test]
async fn refusals_of_bearers_are_described() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for (method, path) in [
        ("get", ""),
        ("get", "/me"),
        ("get", "/me/sessions"),
        ("get", "/logout"),
        ("post", "/logout"),
        ("delete", "/delete"),
    ] {
        let operation = format!("{method} {path}");
        let asking =
            |query: &str| app.request(method.to_uppercase().parse().unwrap(), &format!("/v1/User1{path}{query}"));
        is_described(&operation, asking("").send().await.unwrap()).await;
        is_described(&operation, asking("").bearer_auth("junk").send().await.unwrap()).await;
        is_described(&operation, asking("?a=1&a=2").bearer_auth(&token).send().await.unwrap()).await;
    }
    is_described("get ", app.get_as(&token, "/User1/?id=unknown").await).await;
    let delete = app.request(Method::DELETE, "/User1/delete?id=a&email=b").bearer_auth(&token).send().await.unwrap();
    is_described("delete /delete", delete).await;
}

/// Settings that allow one request of each kind.
const ONE_EACH: &[(&str, &str)] = &[
    ("RATE_LIMIT_MODE", "enforce"),
    ("TRUSTED_PROXIES", "127.0.0.1"),
    ("LIMIT_PASSWORDS_ACCOUNT", "50/24h"),
    ("LIMIT_PASSWORDS_CLIENT", "1/90s"),
    ("LIMIT_MAILS_CLIENT", "1/90s"),
    ("LIMIT_OTP_CLIENT", "1/90s"),
    ("LIMIT_LINKS_CLIENT", "1/90s"),
    ("LIMIT_REFRESHES_ACCOUNT", "1/90s"),
    ("LIMIT_PROFILE_ACCOUNT", "1/90s"),
    ("LIMIT_EXPORTS_ACCOUNT", "1/90s"),
    ("LIMIT_FACTORS_CLIENT", "1/90s"),
    ("LIMIT_PASSKEY_OPTIONS_CLIENT", "1/90s"),
    ("LIMIT_PASSKEYS_CLIENT", "1/90s"),
    ("LIMIT_AUTHORIZE_CLIENT", "1/90s"),
    ("EMAIL_SIGNIN", "code"),
    ("SOCIAL_GOOGLE_CLIENT_ID", "our-client"),
    ("SOCIAL_GOOGLE_NATIVE_CLIENT_IDS", "our-application"),
    ("MFA_METHODS", "totp,sms,recovery_code"),
];

/// Returns a request that counts towards a limit of the client, by operation.
fn counted(app: &TestApp, operation: &str, token: &str) -> RequestBuilder {
    let (method, path) = operation.split_once(" /v1/{realm}").unwrap();
    let asking = |query: &str| app.request(method.to_uppercase().parse().unwrap(), &format!("/v1/User1{path}{query}"));
    let wrong = [("grant_type", "password"), ("username", "a@example.com"), ("password", "another-long-password")];
    match operation.replace("/v1/{realm}", "").as_str() {
        "post /create" => asking("").json(&Person::new("new@example.com").form()),
        "post /login" | "post /token" => asking("").form(&wrong),
        "get /forget_password" => asking("?email=a@example.com"),
        "post /forget_password" | "post /verify/resend" | "post /signin_code/start" => {
            asking("").json(&json!({"email": "a@example.com"}))
        }
        "post /signin_code/finish" => asking("").json(&json!({"handle": "junk", "code": "123456"})),
        "get /verify" | "get /reset_password_form" | "get /undo" => asking("?token=junk"),
        "post /introspect" => asking("").basic_auth("shop", Some("wrong")).form(&[("token", "junk")]),
        "post /revoke" => asking("").form(&[("token", "junk")]),
        "post /reset_password" => asking("?token=junk").form(&[("password", "violet-teapot-hammer")]),
        "post /undo" | "post /verify" => asking("").form(&[("token", "junk")]),
        "post /mfa/challenge" => asking("").json(&json!({"mfa_token": "junk", "type": "sms"})),
        "post /otp_phone" => asking("").json(&json!({"id": "unknown", "phone": "+1234567890"})),
        "get /verify_otp_phone" => asking("?token=junk&otp=123456"),
        "post /verify_otp_phone" => asking("").json(&json!({"token": "junk", "otp": "123456"})),
        "post /me/password" => asking("")
            .bearer_auth(token)
            .json(&json!({"current_password": "another-long-password", "new_password": "violet-teapot-hammer"})),
        "post /me/email" => asking("")
            .bearer_auth(token)
            .json(&json!({"email": "a@example.com", "current_password": "another-long-password"})),
        "post /me/phone" => asking("")
            .bearer_auth(token)
            .json(&json!({"phone": "+1234567890", "current_password": "another-long-password"})),
        "post /me/mfa/totp/confirm" => {
            asking("").bearer_auth(token).json(&json!({"enrolment": "junk", "code": "123456"}))
        }
        "patch /me/mfa"
        | "delete /me/mfa/{id}"
        | "post /me/mfa/recovery_codes"
        | "post /me/mfa/totp"
        | "delete /me/identities/{id}"
        | "post /me/identities/{provider}/start"
        | "delete /me/passkeys/{id}"
        | "post /me/passkeys/options"
        | "post /me/mfa/sms"
        | "post /me/step_up"
        | "delete /me/phone"
        | "delete /me" => asking("").bearer_auth(token).json(&json!({"current_password": "another-long-password"})),
        "post /passkeys/login/options" => asking(""),
        "post /social/{provider}/nonce" => app.request(Method::POST, "/v1/User1/social/google/nonce"),
        "post /passkeys/login" => asking("").json(&json!({"credential": {}})),
        "post /me/passkeys" => asking("").bearer_auth(token).json(&json!({"credential": {}})),
        "patch /me" => asking("").bearer_auth(token).json(&json!({})),
        "get /me/export" => asking("").bearer_auth(token),
        _ => panic!("{operation} is limited, and not asked for here"),
    }
}

#[tokio::test]
async fn refusals_by_a_limit_are_described_and_given_wherever_they_are() {
    let app = TestApp::with(ONE_EACH).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let document = document();
    let limited = operations(&document)
        .into_iter()
        .filter(|(at, operation)| !at.contains(" /v1/admin/") && !operation["responses"]["429"].is_null());
    for (number, (at, operation)) in limited.enumerate() {
        let client = format!("10.0.0.{number}");
        let ask =
            async |kind: &str| from(&client, counted(&app, &at, &token)).header("Accept", kind).send().await.unwrap();
        let first = ask("application/json").await;
        assert_ne!(first.status(), 429, "{at}");
        let policy = first.headers()["ratelimit-policy"].to_str().unwrap().to_owned();
        let (what, quota) = policy.split_once(';').unwrap();
        assert_eq!(quota, "q=1;w=90", "{at}");
        assert_eq!(first.headers()["ratelimit"], format!("{what};r=0;t=90"), "{at}");

        for kind in operation["responses"]["429"]["content"].as_object().unwrap().keys() {
            let refused = ask(kind).await;
            assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 90), "{at}");
            assert_eq!(
                refused.headers()["content-type"].to_str().unwrap().split(';').next(),
                Some(kind.as_str()),
                "{at}"
            );
            assert_eq!(refused.headers()["ratelimit-policy"], policy, "{at}");
            assert_eq!(refused.headers()["ratelimit"], format!("{what};r=0;t=90"), "{at}");
            if kind != "text/html" {
                is_described(&at.replace("/v1/{realm}", ""), refused).await;
            }
        }
    }
}

#[tokio::test]
async fn the_refusal_of_a_session_that_is_refreshed_too_often_is_described() {
    let app = TestApp::with(ONE_EACH).await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered: Value = app.login("User1", &john.email, &john.password).await.json().await.unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", entered["refresh_token"].as_str().unwrap())];
    assert_eq!(app.post_form("/User1/token", &form).await.status(), 200);
    let refused = app.post_form("/User1/token", &form).await;
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 90));
    is_described("post /token", refused).await;
}

#[tokio::test]
async fn what_is_described_without_a_limit_has_none() {
    let app = TestApp::with(ONE_EACH).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for (at, operation) in operations(&document()) {
        let Some((method, path)) = at.split_once(" /v1/{realm}") else { continue };
        if !operation["responses"]["429"].is_null() || path == "/logout" {
            continue;
        }
        for _ in 0..5 {
            let request = app.request(method.to_uppercase().parse().unwrap(), &format!("/v1/User1{path}"));
            let answer = request.bearer_auth(&token).send().await.unwrap();
            assert_ne!(answer.status(), 429, "{at}");
            assert!(!answer.headers().contains_key("ratelimit"), "{at}");
        }
    }
}
