use std::time::Duration;

use portcullis_core::{
    factor::passkey::KeyAlgorithm,
    suite::authenticator::{BACKED_UP, BACKUP_ELIGIBLE, SoftPasskey, USER_VERIFIED},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    limits::{ENFORCED, from},
    support::{
        Keyed, Person, Protected, TestApp, json,
        passkeys::{ORIGIN, RP_ID, add, add_this, claims, enter, enter_lying, request},
        problem,
    },
};

#[tokio::test]
async fn a_passkey_logs_in_alone_as_two_factors() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let entered = john.log_in(&app).await;
    let members: Vec<&str> = entered.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in", "refresh_token", "device"]);
    let claims = claims(&entered["access_token"]);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["swk", "user", "mfa"]), &json!("urn:portcullis:aal2")));
    let token = entered["access_token"].as_str().unwrap();
    let listed = json(app.get_as(token, "/User1/me/passkeys").await, 200).await;
    assert_eq!(listed["passkeys"][0]["last_used_at"], "2026-01-01T00:00:00Z");
    // A device-bound passkey.
    let mut bound = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    bound.flags &= !(BACKUP_ELIGIBLE | BACKED_UP);
    bound.counter = 1;
    json(add_this(&app, token, "login", &mut bound).await, 201).await;
    let entered = json(enter(&app, &mut bound).await, 200).await;
    assert_eq!(self::claims(&entered["access_token"])["amr"], json!(["hwk", "user", "mfa"]));
    // The backup state is updated with each use.
    john.passkey.flags &= !BACKED_UP;
    let token = john.fresh(&app).await;
    let listed = json(app.get_as(&token, "/User1/me/passkeys").await, 200).await;
    let listed = listed["passkeys"].as_array().unwrap();
    let first = listed.iter().find(|passkey| passkey["id"] == john.id()).unwrap();
    assert_eq!(first["backup"], json!({"eligible": true, "backed_up": false}));
}

#[tokio::test]
async fn the_options_are_the_same_for_every_caller_but_for_the_challenge() {
    let app = TestApp::start().await;
    let john = Keyed::join(&app, "john@example.com").await;
    let ask = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
        let text = answer.text().await.unwrap();
        let shown: Value = serde_json::from_str(&text).unwrap();
        let challenge = shown["publicKey"]["challenge"].as_str().unwrap();
        assert_eq!(challenge.len(), 43);
        text.replace(challenge, "")
    };
    let options = |path: &str| app.request(Method::POST, path);
    let first = ask(options("/User1/passkeys/login/options")).await;
    assert_eq!(
        serde_json::from_str::<Value>(&first).unwrap(),
        json!({"publicKey": {"challenge": "", "rpId": "localhost", "timeout": 300_000, "allowCredentials": [], "userVerification": "required"}, "expires_in": 300})
    );
    for other in [
        options("/User1/passkeys/login/options").json(&json!({"email": john.person.email})),
        options("/User1/passkeys/login/options").json(&json!({"email": "nobody@example.com"})),
        options("/User1/passkeys/login/options").body("no JSON"),
        options("/User1/passkeys/login/options").bearer_auth(&john.token),
        options("/User2/passkeys/login/options"),
    ] {
        assert_eq!(ask(other).await, first);
    }
    // Nothing is stored.
    let rows = app.rows().await.len();
    ask(options("/User1/passkeys/login/options")).await;
    assert_eq!(app.rows().await.len(), rows);
}

#[tokio::test]
async fn every_refusal_is_the_same() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let mut jane = Keyed::join(&app, "jane@example.com").await;
    let plain = async |answer: reqwest::Response| {
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"User1\"");
        let mut answer = problem(answer, 401).await;
        answer.as_object_mut().unwrap().remove("instance");
        answer.to_string()
    };
    let first = plain(app.post_json("/User1/passkeys/login", json!({"credential": {}})).await).await;
    assert!(first.contains("passkey.refused"));
    let handle = jane.passkey.user_handle.clone();
    let lies = [
        plain(enter_lying(&app, &mut john.passkey, |lie| lie.client["origin"] = "https://evil.example".into()).await)
            .await,
        plain(enter_lying(&app, &mut john.passkey, |lie| lie.client["challenge"] = "A".repeat(43).into()).await).await,
        plain(enter_lying(&app, &mut john.passkey, |lie| lie.signature = Some(vec![0; 70])).await).await,
        plain(enter_lying(&app, &mut john.passkey, |lie| lie.user_handle = Some(handle)).await).await,
        // Its user was not verified, which is only sufficient for a second factor.
        plain(enter_lying(&app, &mut john.passkey, |lie| lie.data.flags &= !USER_VERIFIED).await).await,
        // A credential that was never stored, with a handle that the realm did not create.
        plain(
            enter_lying(&app, &mut john.passkey, |lie| {
                lie.id = vec![9; 32];
                lie.user_handle = Some("AAAA".to_owned());
            })
            .await,
        )
        .await,
    ];
    for lie in lies {
        assert_eq!(lie, first);
    }
    // The challenge of a registration, of a ticket, of another realm, and an expired one.
    let options = crate::support::passkeys::creation(&app, &john.token, "login").await;
    let answer = json!({"credential": john.passkey.get(&options).json()});
    assert_eq!(plain(app.post_json("/User1/passkeys/login", answer).await).await, first);
    let elsewhere = json(app.request(Method::POST, "/User2/passkeys/login/options").send().await.unwrap(), 200).await;
    let answer = json!({"credential": john.passkey.get(&elsewhere).json()});
    assert_eq!(plain(app.post_json("/User1/passkeys/login", answer.clone()).await).await, first);
    let late = request(&app).await;
    app.advance(Duration::from_secs(300));
    let late = json!({"credential": john.passkey.get(&late).json()});
    assert_eq!(plain(app.post_json("/User1/passkeys/login", late).await).await, first);
    john.log_in(&app).await;
    jane.log_in(&app).await;
    // The reason is recorded in the audit trail.
    let events = json(app.get_as(&john.token, "/User1/me/events").await, 200).await;
    assert!(events["events"].as_array().unwrap().iter().any(|event| event["event"] == "passkey_refused"), "{events}");
    problem(app.post_json("/User1/passkeys/login", json!({})).await, 422).await;
}

#[tokio::test]
async fn a_passkey_of_one_realm_is_worth_nothing_in_another() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    Person::new("john@example.com").of("User2").join(&app).await;
    let options = json(app.request(Method::POST, "/User2/passkeys/login/options").send().await.unwrap(), 200).await;
    let body = json!({"credential": john.passkey.get(&options).json()});
    let refused = problem(app.post_json("/User2/passkeys/login", body).await, 401).await;
    // The other realm did not create its user handle, so it does not tell the browser to delete it.
    assert!(refused.get("signal").is_none(), "{refused}");
    john.log_in(&app).await;
}

#[tokio::test]
async fn a_browser_is_signalled_to_delete_a_removed_passkey() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let path = format!("passkeys/{}", john.id());
    json(crate::support::passkeys::send(&app, Method::DELETE, &john.token, &path, json!({})).await, 200).await;
    let refused = problem(enter(&app, &mut john.passkey).await, 401).await;
    let id = data_encoding::BASE64URL_NOPAD.encode(&john.passkey.id);
    assert_eq!(refused["signal"], json!({"rpId": "localhost", "credentialId": id}));
    // The same without the handle, or with a forged one.
    for handle in [None, Some("A".repeat(43))] {
        let refused = enter_lying(&app, &mut john.passkey, |lie| lie.user_handle = handle).await;
        assert!(problem(refused, 401).await.get("signal").is_none());
    }
}

#[tokio::test]
async fn a_challenge_is_used_once() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    for round in 0..3 {
        let options = request(&app).await;
        let body = json!({"credential": john.passkey.get(&options).json()});
        let all = (0..30).map(|_| app.post_json("/User1/passkeys/login", body.clone()));
        let answers = futures_util::future::join_all(all).await;
        let entered = answers.iter().filter(|answer| answer.status() == 200).count();
        assert_eq!(entered, 1, "in round {round}");
        problem(app.post_json("/User1/passkeys/login", body).await, 401).await;
    }
    // The records of used challenges expire.
    let marks = app.count("records").await;
    app.advance(Duration::from_secs(301));
    app.run_maintenance().await;
    assert!(app.count("records").await <= marks - 3);
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_rejected_and_the_owner_told() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut bound = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    bound.flags &= !(BACKUP_ELIGIBLE | BACKED_UP);
    bound.counter = 5;
    json(add_this(&app, &token, "login", &mut bound).await, 201).await;
    json(enter(&app, &mut bound).await, 200).await;
    for counter in [6, 5, 0] {
        let refused = enter_lying(&app, &mut bound, |lie| lie.data.counter = counter).await;
        assert_eq!(problem(refused, 401).await["code"], "passkey.refused");
    }
    let mails = app.mails_to(&john.email).await;
    let told = mails.iter().filter(|mail| mail["subject"].as_str().unwrap().contains("may have been copied")).count();
    assert_eq!(told, 1, "once a day");
    let events = json(app.get_as(&token, "/User1/me/events").await, 200).await;
    assert!(events["events"].as_array().unwrap().iter().any(|event| event["event"] == "passkey_counter"));
    json(enter_lying(&app, &mut bound, |lie| lie.data.counter = 40).await, 200).await;
}

#[tokio::test]
async fn wrong_passwords_and_passkeys_do_not_meet() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_PASSWORDS_CLIENT", "500/1m")]).await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    for _ in 0..7 {
        app.login("User1", &john.person.email, "wrong-wrong-wrong").await;
    }
    assert_eq!(app.login("User1", &john.person.email, &john.person.password).await.status(), 429);
    john.log_in(&app).await;
    // It does not reset the failed password attempts.
    assert_eq!(app.login("User1", &john.person.email, &john.person.password).await.status(), 429);
    // Failed passkey logins are only counted for the client.
    for _ in 0..30 {
        let refused = enter_lying(&app, &mut john.passkey, |lie| lie.signature = Some(Vec::new())).await;
        problem(refused, 401).await;
    }
    let limited = problem(enter(&app, &mut john.passkey).await, 429).await;
    assert_eq!(limited["limit"], "LIMIT_PASSKEYS_CLIENT");
    app.advance(Duration::from_secs(61));
    john.log_in(&app).await;
}

#[tokio::test]
async fn rejected_passkeys_keep_no_one_from_the_account() {
    let app = TestApp::with(ENFORCED).await;
    let john = Protected::join(&app, "john@example.com").await;
    let (mut passkey, _) = add(&app, &john.token, "login").await;
    for _ in 0..30 {
        problem(enter_lying(&app, &mut passkey, |lie| lie.signature = Some(Vec::new())).await, 401).await;
    }
    assert_eq!(problem(enter(&app, &mut passkey).await, 429).await["limit"], "LIMIT_PASSKEYS_CLIENT");
    // Password and code from the same client, and the passkey from another one.
    john.log_in(&app).await;
    let elsewhere = |path: &str| from("203.0.113.9", app.request(Method::POST, &format!("/User1/passkeys/{path}")));
    let options = json(elsewhere("login/options").send().await.unwrap(), 200).await;
    let credential = json!({"credential": passkey.get(&options).json()});
    json(elsewhere("login").json(&credential).send().await.unwrap(), 200).await;
}
