//! The domain and the origins of passkeys.

use portcullis::{
    App,
    app::{BuildError, Overrides},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Keyed, TestApp, json, load,
    passkeys::{RP_ID, enter, request, send},
    problem,
};

#[tokio::test]
async fn related_origins_are_listed_if_there_are_several() {
    let app = TestApp::start().await;
    // The origin of the tests differs from that of PUBLIC_URL.
    let listed = app.get("/.well-known/webauthn").await;
    assert_eq!(listed.headers()["content-type"], "application/json");
    assert_eq!(json(listed, 200).await, json!({"origins": ["http://localhost:8000"]}));
    let own = app.base.clone();
    let app = app.restart_with(&[("PASSKEY_ORIGINS", "https://a.example.com,https://b.example.org")]).await;
    let listed = json(app.get("/.well-known/webauthn").await, 200).await;
    assert_eq!(listed, json!({"origins": ["https://a.example.com", "https://b.example.org"]}));
    let app = app.restart_with(&[("PUBLIC_URL", &own), ("PASSKEY_ORIGINS", &own)]).await;
    problem(app.get("/.well-known/webauthn").await, 404).await;
}

#[tokio::test]
async fn an_ip_address_has_no_passkeys() {
    let app = TestApp::with(&[("PASSKEY_RP_ID", "")]).await;
    for path in ["/User1/passkeys/login/options", "/User1/passkeys/login", "/User1/me/passkeys/options"] {
        assert_eq!(app.post_json(path, json!({})).await.status(), 404, "{path}");
    }
    problem(app.get("/.well-known/webauthn").await, 404).await;
    let described = json(app.get("/openapi.json").await, 200).await;
    assert!(!described.to_string().contains("passkeys/login"));
    let metadata = json(app.get("/.well-known/openid-configuration/User1").await, 200).await;
    assert_eq!(metadata["acr_values_supported"], json!(["urn:portcullis:aal1", "urn:portcullis:aal2"]));
}

/// Passkeys of an earlier domain would otherwise become unusable without notice.
#[tokio::test]
async fn a_domain_that_follows_public_url_and_changes_stops_the_start() {
    let app = TestApp::with(&[("PASSKEY_RP_ID", "accounts.example.com")]).await;
    let token = crate::support::Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for _ in 0..3 {
        let mut passkey = portcullis_core::suite::authenticator::SoftPasskey::new(
            portcullis_core::factor::passkey::KeyAlgorithm::Es256,
            "accounts.example.com",
            "http://localhost:8000",
        );
        json(crate::support::passkeys::add_this(&app, &token, "login", &mut passkey).await, 201).await;
    }
    if app.is_shared() {
        return;
    }
    let mut app = app;
    app.stop().await;
    let build = async |more: &[(&str, &str)]| {
        let settings = [("PASSKEY_RP_ID", ""), ("PASSKEY_ORIGINS", ""), ("ENVIRONMENT", "development")];
        let settings = settings.into_iter().chain(more.iter().copied());
        let settings: Vec<(String, String)> =
            settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let config = load(app.dir.path(), "https://login.example.com", &settings);
        App::build(&config, Overrides::default()).await.map(drop)
    };
    let stopped = build(&[]).await.unwrap_err();
    assert!(matches!(&stopped, BuildError::PasskeyDomain(3, domain) if domain == "login.example.com"), "{stopped}");
    assert!(stopped.to_string().contains("3 passkeys") && stopped.to_string().contains("PASSKEY_RP_ID"));
    // Either choice is explicit.
    build(&[("PASSKEY_RP_ID", "accounts.example.com"), ("PASSKEY_ORIGINS", "https://login.example.com")])
        .await
        .unwrap();
    build(&[("PASSKEY_RP_ID", "login.example.com")]).await.unwrap();
    // Existing passkeys keep their domain.
    build(&[("PUBLIC_URL", "https://accounts.example.com")]).await.unwrap();
}

#[tokio::test]
async fn a_passkey_of_an_earlier_domain_is_not_found() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let app = app.restart_with(&[("PASSKEY_RP_ID", "example.com")]).await;
    problem(enter(&app, &mut john.passkey).await, 401).await;
    let token = john.person.log_in(&app).await;
    let listed = json(app.get_as(&token, "/User1/me/passkeys").await, 200).await;
    assert_eq!(listed["passkeys"].as_array().unwrap().len(), 1, "its owner can remove it");
}

#[tokio::test]
async fn the_domain_is_never_taken_from_a_request() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    json(send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": true})).await, 200).await;
    let login = app.login("User1", &john.person.email, &john.person.password).await;
    let ticket = problem(login, 403).await["mfa_token"].clone();
    for (name, value) in
        [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")]
    {
        let ask = async |path: &str, body: Value| {
            let request = app.request(Method::POST, &format!("/User1/{path}")).header(name, value);
            request.bearer_auth(&john.token).json(&body).send().await.unwrap()
        };
        let made = json(ask("me/passkeys/options", json!({})).await, 200).await;
        assert_eq!(made["publicKey"]["rp"]["id"], RP_ID, "{name}");
        for (path, body) in
            [("passkeys/login/options", json!({})), ("mfa/challenge", json!({"mfa_token": ticket, "type": "passkey"}))]
        {
            assert_eq!(json(ask(path, body).await, 200).await["publicKey"]["rpId"], RP_ID, "{name}");
        }
        // The same applies to the origin.
        let options = request(&app).await;
        let mut lie = john.passkey.get(&options);
        lie.client["origin"] = "https://evil.example".into();
        problem(ask("passkeys/login", json!({"credential": lie.json()})).await, 401).await;
        let options = request(&app).await;
        let right = json!({"credential": john.passkey.get(&options).json()});
        json(ask("passkeys/login", right).await, 200).await;
    }
}
