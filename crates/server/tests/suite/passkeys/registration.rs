use std::time::Duration;

use portcullis_core::{
    factor::passkey::KeyAlgorithm,
    suite::authenticator::{SoftPasskey, USER_VERIFIED},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Keyed, Person, Protected, TestApp, json,
    passkeys::{ORIGIN, RP_ID, add, add_this, creation, enter, send},
    problem,
};

fn soft(algorithm: KeyAlgorithm) -> SoftPasskey {
    SoftPasskey::new(algorithm, RP_ID, ORIGIN)
}

#[tokio::test]
async fn a_passkey_is_made_with_the_options_and_then_listed() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let options = creation(&app, &token, "login").await;
    assert_eq!(options["expires_in"], 300);
    let shown = &options["publicKey"];
    assert_eq!(shown["rp"], json!({"id": "localhost", "name": "Portcullis"}));
    assert_eq!((&shown["user"]["name"], &shown["user"]["displayName"]), (&json!(john.email), &json!("John Doe")));
    assert_eq!(
        shown["pubKeyCredParams"],
        json!([{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -8}, {"type": "public-key", "alg": -257}])
    );
    assert_eq!((&shown["timeout"], &shown["attestation"]), (&json!(300_000), &json!("none")));
    assert_eq!(shown["authenticatorSelection"], json!({"residentKey": "required", "userVerification": "required"}));
    assert_eq!(shown["excludeCredentials"], json!([]));
    let handle = shown["user"]["id"].as_str().unwrap();
    assert!(handle.len() == 43 && !handle.contains(&john.id));
    let key = creation(&app, &token, "second_factor").await;
    assert_eq!(
        key["publicKey"]["authenticatorSelection"],
        json!({"residentKey": "discouraged", "userVerification": "discouraged"})
    );
    assert_eq!(key["publicKey"]["user"]["id"], *handle);

    let mut passkey = soft(KeyAlgorithm::Es256);
    let body = json!({"credential": passkey.create(&options).json(), "name": "Laptop"});
    let added = json(send(&app, Method::POST, &token, "passkeys", body.clone()).await, 201).await;
    assert_eq!(
        (&added["name"], &added["use"], &added["last_used_at"]),
        (&json!("Laptop"), &json!("login"), &Value::Null)
    );
    assert_eq!(added["backup"], json!({"eligible": true, "backed_up": true}));
    let id = data_encoding::BASE64URL_NOPAD.encode(&passkey.id);
    assert_eq!(added["signal"], json!({"rpId": "localhost", "userId": handle, "allAcceptedCredentialIds": [id]}));
    assert!(added.get("recovery_codes").is_none() && added.get("tokens").is_none());
    // Repeating the same response returns the same result and adds nothing.
    let again = json(send(&app, Method::POST, &token, "passkeys", body).await, 201).await;
    assert_eq!(again, added);
    let listed = json(app.get_as(&token, "/User1/me/passkeys").await, 200).await;
    let mut without = added.clone();
    without.as_object_mut().unwrap().remove("signal");
    assert_eq!(listed, json!({"passkeys": [without]}));
    let excluded = creation(&app, &token, "login").await;
    assert_eq!(
        excluded["publicKey"]["excludeCredentials"],
        json!([{"type": "public-key", "id": id, "transports": ["internal", "hybrid"]}])
    );
    // A passkey does not turn on two-step verification.
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], &status["factors"][0]["type"]), (&json!(false), &json!("passkey")));
    let mail = &app.mails_to(&john.email).await[0];
    assert_eq!(mail["subject"], "A passkey was added to your Portcullis account");
    john.log_in(&app).await;
}

#[tokio::test]
async fn each_algorithm_is_added_and_logs_in() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    for algorithm in KeyAlgorithm::ALL {
        let mut passkey = soft(algorithm);
        json(add_this(&app, &token, "login", &mut passkey).await, 201).await;
        json(enter(&app, &mut passkey).await, 200).await;
    }
}

#[tokio::test]
async fn the_first_security_key_turns_two_step_on() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (token, other) = (john.log_in(&app).await, john.log_in(&app).await);
    let mut key = soft(KeyAlgorithm::Es256);
    key.flags &= !USER_VERIFIED;
    let added = json(add_this(&app, &token, "second_factor", &mut key).await, 201).await;
    assert_eq!(added["use"], "second_factor");
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    let sessions = json(app.get_as(&token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["acr"], "urn:portcullis:aal2");
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], &status["factors"][0]["type"]), (&json!(true), &json!("security_key")));
    // A security key alone cannot log in.
    assert_eq!(problem(enter(&app, &mut key).await, 401).await["code"], "passkey.refused");
    // A passkey requires user verification.
    let mut weak = soft(KeyAlgorithm::Es256);
    weak.flags &= !USER_VERIFIED;
    assert_eq!(problem(add_this(&app, &token, "login", &mut weak).await, 400).await["code"], "passkey.invalid");
}

#[tokio::test]
async fn every_refusal_of_a_registration_is_the_same() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await.log_in(&app).await;
    let there = Person::new("john@example.com").of("User2").join(&app).await.log_in(&app).await;
    let refused = async |credential: Value| {
        let answer = send(&app, Method::POST, &token, "passkeys", json!({"credential": credential})).await;
        let mut answer = problem(answer, 400).await;
        answer.as_object_mut().unwrap().remove("instance");
        assert_eq!(answer["code"], "passkey.invalid");
        answer
    };
    let text = |answer: &Value| answer.to_string();
    let first = text(&refused(json!({})).await);
    // The challenge of another user, of another realm, of a login, and an unknown one.
    let other = creation(&app, &jane, "login").await;
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).create(&other).json()).await), first);
    let elsewhere = app.request(Method::POST, "/User2/me/passkeys/options").bearer_auth(&there).json(&json!({}));
    let elsewhere = json(elsewhere.send().await.unwrap(), 200).await;
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).create(&elsewhere).json()).await), first);
    let login = crate::support::passkeys::request(&app).await;
    let challenge = login["publicKey"]["challenge"].as_str().unwrap();
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).made(challenge).json()).await), first);
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).made(&"A".repeat(43)).json()).await), first);
    // A challenge used with another credential, and an expired one.
    let options = creation(&app, &token, "login").await;
    let body = json!({"credential": soft(KeyAlgorithm::Es256).create(&options).json()});
    json(send(&app, Method::POST, &token, "passkeys", body).await, 201).await;
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).create(&options).json()).await), first);
    let late = creation(&app, &token, "login").await;
    app.advance(Duration::from_secs(300));
    assert_eq!(text(&refused(soft(KeyAlgorithm::Es256).create(&late).json()).await), first);
    for (body, status) in [
        (json!({}), 422),
        (json!({"credential": {}, "nickname": "x"}), 422),
        (json!({"credential": {}, "name": ""}), 422),
        (json!({"credential": "no JSON"}), 400),
    ] {
        assert_eq!(send(&app, Method::POST, &token, "passkeys", body).await.status(), status);
    }
    let other_use = send(&app, Method::POST, &token, "passkeys/options", json!({"use": "payment"})).await;
    assert_eq!(problem(other_use, 422).await["errors"][0]["code"], "use.invalid");
}

#[tokio::test]
async fn a_credential_is_stored_once_in_a_realm() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let again = add_this(&app, &john.token, "login", &mut john.passkey).await;
    assert_eq!(problem(again, 409).await["code"], "passkey.exists");
    // Its identifier with another key.
    let mut forged = soft(KeyAlgorithm::Es256);
    forged.id.clone_from(&john.passkey.id);
    let answer = add_this(&app, &john.token, "login", &mut forged).await;
    assert_eq!(problem(answer, 400).await["code"], "passkey.invalid");
    let jane = Person::new("jane@example.com").join(&app).await.log_in(&app).await;
    for passkey in [&mut john.passkey, &mut forged] {
        let handle = passkey.user_handle.clone();
        let answer = add_this(&app, &jane, "login", passkey).await;
        assert_eq!(problem(answer, 400).await["code"], "passkey.invalid");
        passkey.user_handle = handle;
    }
    john.log_in(&app).await;
}

#[tokio::test]
async fn adding_one_needs_a_recent_login_and_there_are_twenty_at_most() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(11 * 60));
    let begin = async |body: Value| send(&app, Method::POST, &token, "passkeys/options", body).await;
    assert_eq!(problem(begin(json!({})).await, 401).await["code"], "auth.stale");
    let wrong = json!({"current_password": "wrong-wrong-wrong"});
    assert_eq!(problem(begin(wrong).await, 403).await["code"], "password.wrong");
    json(begin(json!({"current_password": john.password})).await, 200).await;
    let token = john.log_in(&app).await;
    for _ in 0..20 {
        add(&app, &token, "login").await;
    }
    let full = send(&app, Method::POST, &token, "passkeys/options", json!({})).await;
    assert_eq!(problem(full, 409).await["code"], "mfa.too_many");
    // With two-step verification, a login with one factor is not sufficient.
    let jane = Protected::join(&app, "jane@example.com").await;
    let code = jane.app.next_code(&app);
    let trusted = json(jane.enter(&app, &[("code", &code), ("remember", "true")]).await, 200).await;
    let weak = json(jane.enter(&app, &[("device", trusted["device"].as_str().unwrap())]).await, 200).await;
    let weak = weak["access_token"].as_str().unwrap();
    let answer =
        send(&app, Method::POST, weak, "passkeys/options", json!({"current_password": jane.person.password})).await;
    assert_eq!(problem(answer, 401).await["code"], "auth.stale");
}

#[tokio::test]
async fn one_of_fifty_concurrent_additions_adds_the_passkey_and_all_get_its_response() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let options = creation(&app, &token, "login").await;
    let body = json!({"credential": soft(KeyAlgorithm::Es256).create(&options).json()});
    let all = (0..50).map(|_| send(&app, Method::POST, &token, "passkeys", body.clone()));
    let mut ids = Vec::new();
    for answer in futures_util::future::join_all(all).await {
        // A request that lost the race too often may be told to retry.
        match answer.status().as_u16() {
            503 => {}
            _ => ids.push(json(answer, 201).await["id"].as_str().unwrap().to_owned()),
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let listed = json(app.get_as(&token, "/User1/me/passkeys").await, 200).await;
    assert_eq!(listed["passkeys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn where_factors_are_required_a_passkey_is_the_first_one() {
    let app = TestApp::with(&[("MFA_POLICY", "required")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let refused = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    let ticket = refused["mfa_token"].clone();
    let options = json(app.post_json("/User1/me/passkeys/options", json!({"mfa_token": ticket})).await, 200).await;
    let mut passkey = soft(KeyAlgorithm::Es256);
    let body = json!({"credential": passkey.create(&options).json(), "mfa_token": ticket});
    let added = json(app.post_json("/User1/me/passkeys", body.clone()).await, 201).await;
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    let token = added["tokens"]["access_token"].as_str().unwrap();
    let sessions = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["amr"], json!(["pwd", "swk", "mfa"]));
    assert_eq!(problem(app.post_json("/User1/me/passkeys", body).await, 400).await["code"], "mfa.invalid");
    // The last factor is kept.
    let path = format!("passkeys/{}", added["id"].as_str().unwrap());
    let removal = send(&app, Method::DELETE, token, &path, json!({})).await;
    assert_eq!(problem(removal, 409).await["code"], "mfa.required");
    json(enter(&app, &mut passkey).await, 200).await;
}
