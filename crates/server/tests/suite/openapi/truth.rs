//! What is answered is what the description shows.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::document;
use crate::support::{Person, TestApp};

/// The answer stands in the description of its route: status, code, words and the names of the members.
async fn is_described(operation: &str, response: Response) {
    let document = document();
    let (method, path) = operation.split_once(' ').unwrap();
    let status = response.status().as_u16().to_string();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let headers = response.headers().clone();
    let got: Value = response.json().await.unwrap();
    let answer = &document["paths"][format!("/v1/{{realm}}{path}")][method]["responses"][&status];
    let shown = answer["content"][&kind]["examples"].as_object();
    let shown = shown.unwrap_or_else(|| panic!("{operation}: {status} {kind} is not described: {got}"));
    let alike = |example: &Value| {
        ["code", "detail", "title", "error", "error_description"].iter().all(|member| got[member] == example[member])
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
async fn refusals_of_those_who_are_nobody_yet_are_described() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let raw = |path: &str, kind: &str, body: &str| {
        app.request(Method::POST, path).header("Content-Type", kind.to_owned()).body(body.to_owned())
    };
    let (json_type, form) = ("application/json", "application/x-www-form-urlencoded");
    let create = "post /create";
    is_described(create, app.post_json("/Nobody/create", json!({})).await).await;
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
    is_described(login, raw("/User1/login", json_type, "{}").send().await.unwrap()).await;

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
    is_described(token, app.post_form("/Nobody/token", &[]).await).await;
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
async fn refusals_of_bearers_are_described() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for (method, path) in [("get", ""), ("get", "/me"), ("get", "/logout"), ("post", "/logout"), ("delete", "/delete")]
    {
        let operation = format!("{method} {path}");
        let asking =
            |query: &str| app.request(method.to_uppercase().parse().unwrap(), &format!("/v1/User1{path}{query}"));
        is_described(&operation, asking("").send().await.unwrap()).await;
        is_described(&operation, asking("").bearer_auth("junk").send().await.unwrap()).await;
        is_described(&operation, asking("?a=1&a=2").bearer_auth(&token).send().await.unwrap()).await;
    }
    is_described("get ", app.get_as(&token, "/User1/?id=somebody").await).await;
    let delete = app.request(Method::DELETE, "/User1/delete?id=a&email=b").bearer_auth(&token).send().await.unwrap();
    is_described("delete /delete", delete).await;
}
