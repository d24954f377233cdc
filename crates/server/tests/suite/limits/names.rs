//! The response for a reached limit contains the setting's name.

use portcullis_core::limit::LimitKind;
use reqwest::{Method, RequestBuilder};
use serde_json::json as value;

use super::from;
use crate::support::{Person, TestApp, json, problem};

/// Repeats a client's request until it is rejected, and returns the limit in the response.
async fn limit_of(request: impl Fn(u32) -> RequestBuilder) -> String {
    for number in 0..100 {
        let answer = from("192.0.2.1", request(number)).send().await.unwrap();
        if answer.status() == 429 {
            return problem(answer, 429).await["limit"].as_str().unwrap().to_owned();
        }
    }
    panic!("a hundred requests were not limited")
}

async fn limited(limit: (&str, &str)) -> TestApp {
    TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("TRUSTED_PROXIES", "127.0.0.1"), limit]).await
}

#[tokio::test]
async fn every_429_names_the_setting_whose_limit_is_reached() {
    let app = limited(("LIMIT_PASSWORDS_CLIENT", "50/1m")).await;
    let login = |email: String| {
        app.request(Method::POST, "/User1/login").form(&[("username", email.as_str()), ("password", "wrong-wrong")])
    };
    assert_eq!(limit_of(|_| login("john@example.com".to_owned())).await, "LIMIT_PASSWORDS_ACCOUNT");
    assert_eq!(limit_of(|n| login(format!("p{n}@example.com"))).await, "LIMIT_PASSWORDS_CLIENT");
    for path in ["forget_password", "verify/resend"] {
        let ask = |n| {
            app.request(Method::POST, &format!("/User1/{path}")).json(&value!({"email": format!("p{n}@example.com")}))
        };
        assert_eq!(limit_of(ask).await, "LIMIT_MAILS_CLIENT", "{path}");
    }
    let create = |n| app.request(Method::POST, "/User1/create").json(&Person::new(&format!("p{n}@example.com")).form());
    assert_eq!(limit_of(create).await, "LIMIT_MAILS_CLIENT");
    let code = |_| app.request(Method::POST, "/User1/otp_phone").json(&value!({"id": "a", "phone": "+14155550123"}));
    assert_eq!(limit_of(code).await, "LIMIT_OTP_CLIENT");
    let link = |_| app.request(Method::GET, "/User1/verify?token=x").header("Accept", "application/json");
    assert_eq!(limit_of(link).await, "LIMIT_LINKS_CLIENT");
}

#[tokio::test]
async fn the_token_endpoint_returns_the_setting_in_addition_to_the_oauth_error() {
    let app = limited(("LIMIT_REFRESHES_ACCOUNT", "1/1m")).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut tokens = json(app.login("User1", &john.email, &john.password).await, 200).await;
    for _ in 0..2 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let answer = app.post_form("/User1/token", &form).await;
        let status = answer.status().as_u16();
        tokens = answer.json().await.unwrap();
        if status == 429 {
            let (error, limit) = (&tokens["error"], &tokens["limit"]);
            assert_eq!(
                (error.as_str(), limit.as_str()),
                (Some("temporarily_unavailable"), Some("LIMIT_REFRESHES_ACCOUNT"))
            );
            return;
        }
    }
    panic!("the second refresh was not limited");
}

#[test]
fn every_limit_is_named_like_a_setting() {
    let table = portcullis::config::settings_markdown();
    for kind in [
        LimitKind::Passwords,
        LimitKind::Hashes,
        LimitKind::Registrations,
        LimitKind::Resets,
        LimitKind::Resends,
        LimitKind::Mails,
        LimitKind::EmailChanges,
        LimitKind::Profile,
        LimitKind::Exports,
        LimitKind::Codes,
        LimitKind::Links,
        LimitKind::PasskeyOptions,
        LimitKind::Passkeys,
        LimitKind::Authorize,
        LimitKind::ClientTokens,
        LimitKind::ClientSecrets,
        LimitKind::Refreshes,
        LimitKind::Sms,
        LimitKind::SmsCountry,
    ] {
        for name in [kind.setting(), kind.client_setting()] {
            assert!(table.contains(&format!("| `{name}` |")), "{name} is not a setting");
        }
    }
}
