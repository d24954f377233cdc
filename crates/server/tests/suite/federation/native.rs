//! Exchange of ID tokens that applications obtain from a provider's SDK.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{enter, entered, exchange, nonce, refused, start};
use crate::support::{
    Authenticator, Person, TestApp, json, problem,
    provider::{CLIENT, NATIVE},
};

#[tokio::test]
async fn a_new_user_comes_with_a_proved_address_and_is_known_from_then_on() {
    let (app, provider) = start(&[]).await;
    let listed = json(app.get("/User1/social").await, 200).await;
    assert_eq!(listed, json!({"providers": [{"name": "house", "kind": "oidc", "label": "HOUSE"}]}));
    let names = json!({"given_name": "Ada", "family_name": "Lovelace"});
    let answer = json(enter(&app, &provider, names).await, 200).await;
    assert_eq!(answer["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert!(answer["refresh_token"].is_string() && answer["device"].is_string());
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let me = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!(
        (&me["email"], &me["first_name"], &me["last_name"], &me["phone"], &me["is_email_verified"]),
        (&json!("ada@example.com"), &json!("Ada"), &json!("Lovelace"), &Value::Null, &json!(true))
    );
    let sessions = json(app.get_as(&token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["amr"], json!(["fed"]));
    assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal1");

    // Later changes of address and name at the provider have no effect.
    app.advance(Duration::from_secs(60));
    let again = entered(&app, &provider, json!({"email": "other@example.com", "given_name": "Eve"})).await;
    let same = json(app.get_as(&again, "/User1/me").await, 200).await;
    assert_eq!((&same["id"], &same["email"], &same["first_name"]), (&me["id"], &me["email"], &me["first_name"]));
    let other = entered(&app, &provider, json!({"sub": "2", "email": "other@example.com"})).await;
    assert_ne!(json(app.get_as(&other, "/User1/me").await, 200).await["id"], me["id"]);
    problem(app.login("User1", "ada@example.com", "securepassword123").await, 401).await;
    assert_eq!(app.mails_to("ada@example.com").await.len(), 1, "a welcome, and no report of a new device");
}

#[tokio::test]
async fn each_token_and_nonce_is_exchanged_once_even_in_fifty_concurrent_requests() {
    let (app, provider) = start(&[]).await;
    let nonce = nonce(&app).await;
    let claims = json!({"nonce": nonce, "aud": NATIVE, "email": "ada@example.com", "email_verified": true});
    let token = provider.id_token(&app, claims);
    let all = futures_util::future::join_all((0..50).map(|_| exchange(&app, &token, &nonce))).await;
    let good = all.iter().filter(|answer| answer.status() == 200).count();
    assert_eq!(good, 1);
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status().as_u16()).collect();
    assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
    assert_eq!(refused(exchange(&app, &token, &nonce).await, 400).await.0, "invalid_grant");
    app.advance(Duration::from_secs(601));
    assert_eq!(refused(exchange(&app, &token, &nonce).await, 400).await.0, "invalid_grant");
    app.run_maintenance().await;
    assert_eq!(refused(exchange(&app, &token, &nonce).await, 400).await.0, "invalid_grant");
}

#[tokio::test]
async fn tokens_for_others_and_other_kinds_of_tokens_are_rejected() {
    let (app, provider) = start(&[]).await;
    entered(&app, &provider, json!({})).await;
    for wrong in [
        json!({"aud": CLIENT}),
        json!({"aud": "another"}),
        json!({"iss": "https://evil.example.com"}),
        json!({"exp": 1}),
        json!({"nonce": "another"}),
        json!({"sub": null}),
        json!({"azp": "another"}),
    ] {
        assert_eq!(refused(enter(&app, &provider, wrong.clone()).await, 400).await.0, "invalid_grant", "{wrong}");
    }
    let nonce = nonce(&app).await;
    for token in ["foreign-access-token", "a.b.c"] {
        assert_eq!(refused(exchange(&app, token, &nonce).await, 400).await.0, "invalid_grant", "{token}");
    }
    let ours = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    assert_eq!(refused(exchange(&app, &ours, &nonce).await, 400).await.0, "invalid_grant");
    let genuine = provider.id_token(&app, json!({"nonce": nonce, "aud": NATIVE}));
    for (name, value, error) in [
        ("provider", "google", "invalid_grant"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token", "invalid_request"),
        ("nonce", "not-of-this-server", "invalid_grant"),
    ] {
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("provider", "house"),
            ("subject_token", &genuine),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            ("nonce", &nonce),
        ];
        form.iter_mut().find(|(known, _)| *known == name).unwrap().1 = value;
        assert_eq!(refused(app.post_form("/User1/token", &form).await, 400).await.0, error, "{name}");
    }
    let of_other_realm = json(app.post_json("/User2/social/house/nonce", json!({})).await, 200).await;
    let nonce = of_other_realm["nonce"].as_str().unwrap();
    let token = provider.id_token(&app, json!({"nonce": nonce, "aud": NATIVE}));
    assert_eq!(refused(exchange(&app, &token, nonce).await, 400).await.0, "invalid_grant");
}

#[tokio::test]
async fn no_user_is_linked_silently_and_no_registration_is_joined() {
    let (app, provider) = start(&[]).await;
    let ada = Person::new("ada@example.com").join(&app).await;
    let interaction = ("interaction_required".to_owned(), json!("social.interaction_required"));
    assert_eq!(refused(enter(&app, &provider, json!({})).await, 403).await, interaction);
    assert_eq!(refused(enter(&app, &provider, json!({"email_verified": false})).await, 403).await, interaction);
    assert_eq!(refused(enter(&app, &provider, json!({"email": null})).await, 403).await, interaction);
    // A token that created no session is used up too.
    let nonce = nonce(&app).await;
    let claims = json!({"nonce": nonce, "aud": NATIVE, "email": ada.email, "email_verified": true});
    let once = provider.id_token(&app, claims);
    assert_eq!(refused(exchange(&app, &once, &nonce).await, 403).await, interaction);
    assert_eq!(refused(exchange(&app, &once, &nonce).await, 400).await.0, "invalid_grant");
    let token = ada.log_in(&app).await;
    assert_eq!(json(app.get_as(&token, "/User1/me/identities").await, 200).await, json!({"identities": []}));

    // Another person registered the address before its owner signed in. Nothing of that registration remains.
    let thief = Person::new("eve@example.com").with_password("the-password-of-a-thief").register(&app).await;
    let link = app.link(&thief.email, "verify").await;
    let owner = entered(&app, &provider, json!({"sub": "3", "email": "eve@example.com"})).await;
    problem(app.login("User1", &thief.email, &thief.password).await, 401).await;
    assert_eq!(app.open(&link).await.status(), 400);
    let me = json(app.get_as(&owner, "/User1/me").await, 200).await;
    assert_eq!((&me["first_name"], &me["phone"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn an_address_that_was_changed_recently_belongs_to_its_earlier_owner() {
    let (app, provider) = start(&[]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let change = app.request(Method::POST, "/User1/me/email").bearer_auth(&token);
    json(change.json(&json!({"email": "new@example.com"})).send().await.unwrap(), 202).await;
    let confirm = app.link("new@example.com", "verify").await;
    assert_eq!(app.open(&confirm).await.status(), 200);
    let before = app.mails_to("john@example.com").await.len();
    let answer = enter(&app, &provider, json!({"email": "john@example.com"})).await;
    assert_eq!(refused(answer, 403).await.0, "interaction_required");
    let mails = app.mails_to("john@example.com").await;
    assert_eq!(mails.len(), before + 1);
    assert!(mails[0]["links"][0].as_str().unwrap().contains("/undo?token="));
}

#[tokio::test]
async fn sign_up_rules_hold_for_users_of_providers() {
    let (app, provider) = start(&[("SIGNUP", "closed")]).await;
    let closed = ("access_denied".to_owned(), json!("signup.closed"));
    assert_eq!(refused(enter(&app, &provider, json!({})).await, 403).await, closed);
    // An existing account can still be linked on a page.
    let interaction = ("interaction_required".to_owned(), json!("social.interaction_required"));
    assert_eq!(refused(enter(&app, &provider, json!({"email": null})).await, 403).await, interaction);
    let (app, provider) = start(&[("SIGNUP_REQUIRED", "first_name,phone")]).await;
    let answer = enter(&app, &provider, json!({"given_name": "Ada"})).await;
    assert_eq!(refused(answer, 403).await.0, "interaction_required");
    let (app, provider) = start(&[("SIGNUP_REQUIRED", "first_name")]).await;
    entered(&app, &provider, json!({"given_name": "Ada"})).await;
    // New users are charged to the client like `create`, existing users are not.
    let (app, provider) = start(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_CLIENT", "1/1h")]).await;
    entered(&app, &provider, json!({"sub": "1"})).await;
    let limited = enter(&app, &provider, json!({"sub": "2", "email": "bob@example.com"})).await;
    assert_eq!(limited.status(), 429);
    entered(&app, &provider, json!({"sub": "1"})).await;
}

#[tokio::test]
async fn two_step_asks_for_a_factor_unless_the_provider_is_trusted_with_it() {
    for (trusts, amr, status) in
        [("off", json!(["mfa"]), 403), ("on", json!(["pwd"]), 403), ("on", json!(["mfa"]), 200)]
    {
        let (app, provider) =
            start(&[("SOCIAL_HOUSE_TRUST_MFA", trusts), ("SOCIAL_LINK", "ask"), ("FRESH_AUTH_AGE", "1h")]).await;
        let token = entered(&app, &provider, json!({})).await;
        let (authenticator, _) = Authenticator::add(&app, &token).await;
        app.advance(Duration::from_secs(60));
        let answer = json(enter(&app, &provider, json!({"amr": amr})).await, status).await;
        let tokens = if status == 200 {
            answer
        } else {
            assert_eq!((&answer["error"], &answer["code"]), (&json!("mfa_required"), &json!("mfa.required")));
            let (ticket, code) = (answer["mfa_token"].as_str().unwrap().to_owned(), authenticator.next_code(&app));
            let form = [("grant_type", "urn:portcullis:mfa"), ("mfa_token", &ticket), ("code", &code)];
            json(app.post_form("/User1/token", &form).await, 200).await
        };
        let token = tokens["access_token"].as_str().unwrap();
        let sessions = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
        let expected = if status == 200 { json!(["fed", "mfa"]) } else { json!(["fed", "otp", "mfa"]) };
        assert_eq!(sessions["sessions"][0]["amr"], expected);
        assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal2");
    }
}

#[tokio::test]
async fn without_a_provider_there_are_no_routes_and_no_grant() {
    let app = TestApp::start().await;
    problem(app.get("/User1/social").await, 404).await;
    problem(app.post_json("/User1/social/house/nonce", json!({})).await, 404).await;
    assert_eq!(refused(exchange(&app, "a.b.c", "x").await, 400).await.0, "invalid_grant");
    let (app, _provider) = start(&[]).await;
    for name in ["google", "HOUSE", "house%2F..", "link"] {
        problem(app.post_json(&format!("/User1/social/{name}/nonce"), json!({})).await, 404).await;
    }
}
