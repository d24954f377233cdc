//! The caller's identities: listing, unlinking, undo, export and deletion.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{enter, entered, start};
use crate::support::{Authenticator, Person, TestApp, json, passkeys, problem};

async fn unlink(app: &TestApp, token: &str, id: &str) -> Response {
    let request = app.request(Method::DELETE, &format!("/User1/me/identities/{id}")).bearer_auth(token);
    request.send().await.unwrap()
}

async fn listed(app: &TestApp, token: &str) -> Vec<Value> {
    let answer = json(app.get_as(token, "/User1/me/identities").await, 200).await;
    answer["identities"].as_array().unwrap().clone()
}

/// Sets a password through an emailed link.
async fn set_password(app: &TestApp, email: &str) -> Person {
    json(app.post_json("/User1/forget_password", json!({"email": email})).await, 200).await;
    let link = app.link(email, "reset_password_form").await;
    let path = link.strip_prefix(&app.base).unwrap().replace("reset_password_form", "reset_password");
    let person = Person::new(email);
    assert!(app.post_form(&path, &[("password", &person.password)]).await.status().as_u16() < 400);
    person
}

#[tokio::test]
async fn an_identity_is_listed_and_the_last_way_to_log_in_stays() {
    let (app, provider) = start(&[]).await;
    let token = entered(&app, &provider, json!({})).await;
    app.advance(Duration::from_secs(60));
    let second = entered(&app, &provider, json!({})).await;
    let identities = listed(&app, &token).await;
    let id = identities[0]["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "provider": "house", "label": "ada@example.com",
        "created_at": "2026-01-01T00:00:00Z", "last_used_at": "2026-01-01T00:01:00Z",
    });
    assert_eq!(identities, [expected]);
    let last = problem(unlink(&app, &second, &id).await, 409).await;
    assert_eq!(last["code"], "login.last");

    let ada = set_password(&app, "ada@example.com").await;
    let token = ada.log_in(&app).await;
    let of_provider = entered(&app, &provider, json!({})).await;
    app.advance(Duration::from_secs(601));
    assert_eq!(problem(unlink(&app, &token, &id).await, 401).await["code"], "auth.stale");
    let token = ada.log_in(&app).await;
    for other in ["0", "qgfhl13dmdmn04qh7oqttabfms"] {
        problem(unlink(&app, &token, other).await, 404).await;
    }
    let stranger = Person::new("eve@example.com").join(&app).await.log_in(&app).await;
    problem(unlink(&app, &stranger, &id).await, 404).await;
    json(unlink(&app, &token, &id).await, 200).await;
    assert!(listed(&app, &token).await.is_empty());
    problem(app.get_as(&of_provider, "/User1/me").await, 401).await;
    problem(unlink(&app, &token, &id).await, 404).await;
    let mails = app.mails_to("ada@example.com").await;
    assert_eq!(mails[0]["subject"], "Your HOUSE account was unlinked from your Portcullis account");
    let refused = json(enter(&app, &provider, json!({})).await, 403).await;
    assert_eq!(refused["error"], "interaction_required", "it is not linked again without its owner");
    let events = json(app.get_as(&token, "/User1/me/events").await, 200).await;
    let names: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert!(names.contains(&"identity_linked") && names.contains(&"identity_unlinked"), "{names:?}");
}

#[tokio::test]
async fn a_realm_links_immediately_only_if_the_provider_operates_the_mailbox() {
    let (app, provider) = start(&[("SOCIAL_LINK", "authoritative")]).await;
    Person::new("ada@example.com").join(&app).await;
    let refused = json(enter(&app, &provider, json!({})).await, 403).await;
    assert_eq!(refused["error"], "interaction_required", "a custom provider is not a known one");

    // Google's preset, with a fake provider.
    let issuer = provider.issuer();
    let settings = [
        ("SOCIAL_LINK", "authoritative"),
        ("SOCIAL_GOOGLE_CLIENT_ID", crate::support::provider::CLIENT),
        ("SOCIAL_GOOGLE_NATIVE_CLIENT_IDS", crate::support::provider::NATIVE),
        ("SOCIAL_GOOGLE_ISSUER", &issuer),
    ];
    let app = TestApp::with(&settings).await;
    let ada = Person::new("ada@gmail.com").join(&app).await;
    let other = Person::new("bob@example.com").join(&app).await;
    let enter = async |more: Value| {
        let nonce = json(app.post_json("/User1/social/google/nonce", json!({})).await, 200).await["nonce"].clone();
        let nonce = nonce.as_str().unwrap();
        let mut claims = json!({"nonce": nonce, "aud": crate::support::provider::NATIVE, "email_verified": true});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = provider.id_token(&app, claims);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("provider", "google"),
            ("subject_token", token.as_str()),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            ("nonce", nonce),
        ];
        app.post_form("/User1/token", &form).await
    };
    assert_eq!(
        json(enter(json!({"sub": "2", "email": other.email})).await, 403).await["error"],
        "interaction_required"
    );
    let linked = json(enter(json!({"email": ada.email})).await, 200).await;
    let token = linked["access_token"].as_str().unwrap().to_owned();
    assert_eq!(listed(&app, &token).await.len(), 1);
    let mails = app.mails_to(&ada.email).await;
    let told = mails.iter().find(|mail| mail["subject"] == "Your Google account was linked to your Portcullis account");
    assert!(told.unwrap()["text"].as_str().unwrap().contains("ada@gmail.com"));

    // The emailed link undoes it, even if it is the last way to log in.
    let undo = app.link(&ada.email, "undo").await;
    let (page, token_of_undo) = undo.split_once("?token=").unwrap();
    let pressed = app.http.post(page).form(&[("token", token_of_undo)]).send().await.unwrap();
    assert!(pressed.status().as_u16() < 400);
    problem(app.get_as(&token, "/User1/me").await, 401).await;
    let token = ada.log_in(&app).await;
    assert!(listed(&app, &token).await.is_empty());
    let events = json(app.get_as(&token, "/User1/me/events").await, 200).await.to_string();
    assert!(events.contains("identity_unlinked"), "{events}");
    assert!(app.link(&ada.email, "reset_password_form").await.contains("token="));
}

#[tokio::test]
async fn identities_are_exported_and_nothing_of_them_can_be_read_after_the_erasure() {
    let (app, provider) = start(&[]).await;
    let planted = json!({"sub": "planted-subject", "email": "planted.identity@example.com"});
    let token = entered(&app, &provider, planted).await;
    let export = json(app.get_as(&token, "/User1/me/export").await, 200).await;
    let identity = &export["identities"][0];
    assert_eq!(
        (&identity["provider"], &identity["issuer"], &identity["subject"], &identity["email"]),
        (&json!("house"), &json!(provider.issuer()), &json!("planted-subject"), &json!("planted.identity@example.com"))
    );
    let id = export["user"]["id"].as_str().unwrap().to_owned();
    for (name, bytes) in app.contents().await {
        assert!(!bytes.windows(7).any(|window| window == b"planted"), "{name} is not sealed");
    }
    let erased = app.request(Method::DELETE, "/User1/me").bearer_auth(&token).send().await.unwrap();
    json(erased, 200).await;
    for (table, row) in app.rows().await.into_iter().filter(|(table, _)| table == "records") {
        assert!(!row.windows(id.len()).any(|window| window == id.as_bytes()), "`{table}` still names the user");
    }
    let again =
        entered(&app, &provider, json!({"sub": "planted-subject", "email": "planted.identity@example.com"})).await;
    assert_ne!(json(app.get_as(&again, "/User1/me").await, 200).await["id"], id.as_str(), "another account");
}

#[tokio::test]
async fn what_the_realm_does_not_accept_is_no_way_to_log_in() {
    let (app, provider) = start(&[]).await;
    let token = entered(&app, &provider, json!({})).await;
    passkeys::add(&app, &token, "login").await;
    let id = listed(&app, &token).await[0]["id"].as_str().unwrap().to_owned();
    let app = app.restart_with(&[("PASSKEYS", "off")]).await;
    let token = entered(&app, &provider, json!({})).await;
    assert_eq!(problem(unlink(&app, &token, &id).await, 409).await["code"], "login.last");
}

#[tokio::test]
async fn the_removal_of_either_ends_a_session_that_an_identity_and_a_passkey_opened() {
    let (app, provider) = start(&[("FRESH_AUTH_AGE", "1h")]).await;
    let token = entered(&app, &provider, json!({})).await;
    let (mut passkey, added) = passkeys::add(&app, &token, "login").await;
    Authenticator::add(&app, &token).await;
    app.advance(Duration::from_secs(60));
    let challenged = json(enter(&app, &provider, json!({})).await, 403).await;
    let ticket = challenged["mfa_token"].as_str().unwrap().to_owned();
    let opened = json(passkeys::complete_with(&app, &ticket, &mut passkey).await, 200).await;
    let opened = opened["access_token"].as_str().unwrap().to_owned();
    json(app.get_as(&opened, "/User1/me").await, 200).await;
    let path = format!("/User1/me/passkeys/{}", added["id"].as_str().unwrap());
    json(app.request(Method::DELETE, &path).bearer_auth(&token).send().await.unwrap(), 200).await;
    problem(app.get_as(&opened, "/User1/me").await, 401).await;
}
