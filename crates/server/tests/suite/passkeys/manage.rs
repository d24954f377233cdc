use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Keyed, Protected, TestApp, json,
    passkeys::{add, enter, send},
    problem,
};

fn path(added: &Value) -> String {
    format!("passkeys/{}", added["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_passkey_is_renamed_by_its_owner() {
    let app = TestApp::start().await;
    let john = Keyed::join(&app, "john@example.com").await;
    let path = path(&john.added);
    let renamed = send(&app, Method::PATCH, &john.token, &path, json!({"name": " Laptop "})).await;
    assert_eq!(json(renamed, 200).await["name"], "Laptop");
    for body in [json!({}), json!({"name": ""}), json!({"name": "x".repeat(65)}), json!({"name": "x", "use": "login"})]
    {
        problem(send(&app, Method::PATCH, &john.token, &path, body).await, 422).await;
    }
    let jane = Keyed::join(&app, "jane@example.com").await;
    problem(send(&app, Method::PATCH, &jane.token, &path, json!({"name": "x"})).await, 404).await;
    problem(send(&app, Method::DELETE, &jane.token, &path, json!({})).await, 404).await;
    problem(send(&app, Method::DELETE, &john.token, "passkeys/unknown", json!({})).await, 404).await;
}

#[tokio::test]
async fn a_removed_passkey_takes_the_sessions_along_that_it_opened() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let (mut second, other) = add(&app, &john.token, "login").await;
    let opened = john.fresh(&app).await;
    let by_other = json(enter(&app, &mut second).await, 200).await;
    let by_other = by_other["access_token"].as_str().unwrap();
    let by_password = john.person.log_in(&app).await;
    let own = john.fresh(&app).await;
    let removed = json(send(&app, Method::DELETE, &own, &path(&john.added), json!({})).await, 200).await;
    let left = data_encoding::BASE64URL_NOPAD.encode(&second.id);
    assert_eq!(
        removed,
        json!({"signal": {
            "rpId": "localhost", "userId": john.passkey.user_handle, "allAcceptedCredentialIds": [left],
        }})
    );
    problem(app.get_as(&opened, "/User1/me").await, 401).await;
    // Its own session, and those created with other credentials.
    for token in [own.as_str(), by_other, &by_password] {
        json(app.get_as(token, "/User1/me").await, 200).await;
    }
    problem(enter(&app, &mut john.passkey).await, 401).await;
    let mail = &app.mails_to(&john.person.email).await[0];
    assert_eq!(mail["subject"], "A passkey was removed from your Portcullis account");
    let text = mail["text"].as_str().unwrap().replace('\n', " ");
    assert!(text.contains("Devices that signed in with it"), "{text}");
    // Alternative path of the route.
    let by_id = format!("mfa/{}", other["id"].as_str().unwrap());
    let removed = json(send(&app, Method::DELETE, &own, &by_id, json!({})).await, 200).await;
    assert_eq!(removed["signal"]["allAcceptedCredentialIds"], json!([]));
    let status = json(app.get_as(&own, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["factors"], &status["two_step"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn a_removed_security_key_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let (_, added) = add(&app, &john.token, "second_factor").await;
    assert!(added.get("recovery_codes").is_none(), "there are some");
    let other = john.log_in(&app).await["access_token"].as_str().unwrap().to_owned();
    json(send(&app, Method::DELETE, &john.token, &path(&added), json!({})).await, 200).await;
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    // The authenticator app keeps two-step verification on.
    let status = json(app.get_as(&john.token, "/User1/me/mfa").await, 200).await;
    assert_eq!((&status["two_step"], status["factors"].as_array().unwrap().len()), (&json!(true), 1));
}

#[tokio::test]
async fn the_addition_of_a_passkey_can_be_undone() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let link = app.link(&john.person.email, "undo").await;
    let token = link.split_once("token=").unwrap().1;
    assert_eq!(app.post_form("/User1/undo", &[("token", token)]).await.status(), 200);
    problem(app.get_as(&john.token, "/User1/me").await, 401).await;
    problem(enter(&app, &mut john.passkey).await, 401).await;
    let mail = &app.mails_to(&john.person.email).await[0];
    assert!(mail["text"].as_str().unwrap().contains("The passkey that was added was removed"), "{mail}");
}

#[tokio::test]
async fn the_export_names_passkeys_and_the_erasure_takes_them_along() {
    let app = TestApp::start().await;
    let mut john = Keyed::join(&app, "john@example.com").await;
    let token = john.fresh(&app).await;
    let export = app.get_as(&token, "/User1/me/export").await.text().await.unwrap();
    let shown: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(shown["factors"][0]["type"], "passkey");
    let id = data_encoding::BASE64URL_NOPAD.encode(&john.passkey.id);
    assert!(!export.contains(&id), "the identifier names an authenticator");
    // It is unreadable at rest, and gone after its removal.
    let names = |rows: &[(String, Vec<u8>)]| {
        let texts = [id.as_bytes(), &john.passkey.id[..], john.passkey.user_handle.as_bytes()];
        rows.iter().any(|(_, row)| texts.iter().any(|text| row.windows(text.len()).any(|window| window == *text)))
    };
    assert!(!names(&app.rows().await));
    let records = app.count("records").await;
    json(app.request(Method::DELETE, "/User1/me").bearer_auth(&token).send().await.unwrap(), 200).await;
    assert!(app.count("records").await < records);
    let refused = problem(enter(&app, &mut john.passkey).await, 401).await;
    assert!(refused["signal"].is_object(), "the browser can forget it");
}

#[tokio::test]
async fn where_passkeys_are_off_their_routes_are_not_found() {
    let app = TestApp::start().await;
    let john = Keyed::join(&app, "john@example.com").await;
    let app = app.restart_with(&[("REALM_USER1_PASSKEYS", "off")]).await;
    let token = john.person.log_in(&app).await;
    for (method, path) in [
        (Method::POST, "me/passkeys/options"),
        (Method::POST, "me/passkeys"),
        (Method::GET, "me/passkeys"),
        (Method::PATCH, "me/passkeys/unknown"),
        (Method::DELETE, "me/passkeys/unknown"),
        (Method::DELETE, "me/password"),
        (Method::POST, "passkeys/login/options"),
        (Method::POST, "passkeys/login"),
    ] {
        let body = json!({"credential": {}, "name": "x"});
        let asked =
            app.request(method, &format!("/User1/{path}")).bearer_auth(&token).json(&body).send().await.unwrap();
        // An unknown member is reported first.
        assert!([404, 422].contains(&asked.status().as_u16()), "{path}: {}", asked.status());
    }
    let status = json(app.get_as(&token, "/User1/me/mfa").await, 200).await;
    assert_eq!(status["methods"], json!(["totp", "recovery_code"]));
    // Existing passkeys can be removed.
    let by_id = format!("mfa/{}", john.id());
    json(send(&app, Method::DELETE, &token, &by_id, json!({})).await, 200).await;
    app.advance(Duration::from_secs(1));
}

/// On two servers, if they can share the database.
#[tokio::test]
async fn concurrent_removals_leave_one_login_method() {
    let app = TestApp::start().await;
    let twin = if app.is_shared() { Some(app.twin().await) } else { None };
    let at = |number: usize| twin.as_ref().filter(|_| number % 4 > 1).unwrap_or(&app);
    let mut john = Keyed::join(&app, "john@example.com").await;
    let token = john.fresh(&app).await;
    let (_, second) = add(&app, &token, "login").await;
    json(send(&app, Method::DELETE, &token, "password", json!({})).await, 200).await;
    let mut paths = [path(&john.added), path(&second)];
    for round in 0..5 {
        let all = (0..10).map(|number| send(at(number), Method::DELETE, &token, &paths[number % 2], json!({})));
        let mut removed = 0;
        for answer in futures_util::future::join_all(all).await {
            match answer.status().as_u16() {
                200 => removed += 1,
                409 => assert_eq!(problem(answer, 409).await["code"], "login.last"),
                other => assert!([404, 503].contains(&other), "{other} in round {round}"),
            }
        }
        let left = json(app.get_as(&token, "/User1/me/passkeys").await, 200).await;
        assert_eq!((removed, left["passkeys"].as_array().unwrap().len()), (1, 1), "in round {round}");
        let (_, further) = add(&app, &token, "login").await;
        paths = [path(&left["passkeys"][0]), path(&further)];
    }
}

#[tokio::test]
async fn the_password_and_the_only_passkey_cannot_both_be_removed() {
    let app = TestApp::start().await;
    for round in 0..4 {
        let mut john = Keyed::join(&app, &format!("john{round}@example.com")).await;
        // An account with one passkey needs recovery codes before its password can be removed.
        json(send(&app, Method::PATCH, &john.token, "mfa", json!({"two_step": true})).await, 200).await;
        let (token, passkey) = (john.fresh(&app).await, path(&john.added));
        let remove = |path| send(&app, Method::DELETE, &token, path, json!({}));
        let removed = if round % 2 == 0 {
            let (password, passkey) = tokio::join!(remove("password"), remove(&passkey));
            [password.status().as_u16(), passkey.status().as_u16()]
        } else {
            let (passkey, password) = tokio::join!(remove(&passkey), remove("password"));
            [password.status().as_u16(), passkey.status().as_u16()]
        };
        assert!([[200, 409], [409, 200]].contains(&removed), "{removed:?}");
        if removed[0] == 200 {
            john.log_in(&app).await;
        } else {
            john.person.log_in(&app).await;
        }
    }
}
