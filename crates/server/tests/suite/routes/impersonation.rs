//! Impersonation sessions are read-only. The token matrix lists the routes that reject them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

const SERVICE: (&str, &str) = ("shop", "the-secret-of-the-shop-is-long-enough");

async fn introspect(app: &TestApp, token: &str) -> Value {
    let request = app.request(Method::POST, "/User1/introspect").basic_auth(SERVICE.0, Some(SERVICE.1));
    json(request.form(&[("token", token)]).send().await.unwrap(), 200).await
}

/// Returns the claims of a token without verifying it.
fn claims(token: &str) -> Value {
    let part = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes());
    serde_json::from_slice(&part.unwrap()).unwrap()
}

#[tokio::test]
async fn the_token_and_the_lists_identify_the_actor() {
    let app = TestApp::with(&[("API_CLIENTS", &format!("{}:{}", SERVICE.0, SERVICE.1))]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (own, token) = (john.log_in(&app).await, app.impersonate(&john).await);
    let act = json!({"iss": format!("{}/admin", app.base), "sub": app.impersonator().await.id});
    assert_eq!((&claims(&token)["act"], &claims(&token)["amr"]), (&act, &json!(["imp"])));
    assert_eq!(claims(&own)["act"], Value::Null);
    let seen = introspect(&app, &token).await;
    assert_eq!((&seen["active"], &seen["act"], &seen["amr"]), (&json!(true), &act, &json!(["imp"])));
    assert_eq!(introspect(&app, &own).await["act"], Value::Null);
    // The user and the administrator see the same data.
    for token in [&own, &token] {
        let listed = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
        let sessions = listed["sessions"].as_array().unwrap();
        let impersonated: Vec<_> = sessions.iter().filter(|one| one["impersonated"] == true).collect();
        assert_eq!(impersonated.len(), 1, "{listed}");
        assert_eq!(
            (&impersonated[0]["ip"], &impersonated[0]["device"]),
            (&Value::Null, &Value::Null),
            "not where from"
        );
        assert_eq!(json(app.get_as(token, "/User1/me").await, 200).await["email"], "john@example.com");
    }
}

#[tokio::test]
async fn it_ends_by_a_logout_or_a_revocation_of_its_own_token() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (own, one, two) = (john.log_in(&app).await, app.impersonate(&john).await, app.impersonate(&john).await);
    json(app.get_as(&one, "/User1/logout").await, 200).await;
    problem(app.get_as(&one, "/User1/me").await, 401).await;
    let revoke = app.request(Method::POST, "/User1/revoke").bearer_auth(&two).form(&[("token", &two)]);
    assert_eq!(revoke.send().await.unwrap().status(), 200);
    problem(app.get_as(&two, "/User1/me").await, 401).await;
    let admin = app.impersonator().await;
    // The audit trail names the administrator. The user only learns that it was an administrator.
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 2).await.unwrap();
    for row in rows {
        assert_eq!((row.event.as_str(), row.actor_kind.as_str()), ("logged_out", "admin"));
        assert_eq!((row.actor_id.as_deref(), row.user.unwrap().as_str()), (Some(&*admin.id), john.id.as_str()));
    }
    let events = json(app.get_as(&own, "/User1/me/events").await, 200).await;
    assert!(!events.to_string().contains(&admin.id), "never which administrator");
    let acted: Vec<_> = events["events"].as_array().unwrap().iter().filter(|event| event["by"] == "admin").collect();
    assert_eq!(acted.len(), 4, "both began and ended: {events}");
    assert!(acted.iter().all(|event| event["ip"].is_null() && event["device"].is_null()), "nor where from: {events}");
}

#[tokio::test]
async fn a_token_that_hides_or_invents_who_acts_is_rejected() {
    let app = TestApp::with(&[("API_CLIENTS", &format!("{}:{}", SERVICE.0, SERVICE.1))]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let (own, token) = (john.log_in(&app).await, app.impersonate(&john).await);
    let sign = |claims: &Value| {
        let (key, header) = (crate::support::JWT_SECRET, jsonwebtoken::decode_header(&own).unwrap());
        jsonwebtoken::encode(&header, claims, &jsonwebtoken::EncodingKey::from_secret(key.as_bytes())).unwrap()
    };
    let act = claims(&token)["act"].clone();
    let with = |token: &str, act: Value| {
        let mut claims = claims(token);
        match act {
            Value::Null => drop(claims.as_object_mut().unwrap().remove("act")),
            act => claims["act"] = act,
        }
        sign(&claims)
    };
    for forged in [
        with(&token, Value::Null),
        with(&token, json!({"iss": act["iss"], "sub": "another"})),
        with(&token, json!({"iss": "https://elsewhere.example.com/admin", "sub": act["sub"]})),
        with(&own, act.clone()),
    ] {
        problem(app.get_as(&forged, "/User1/me").await, 401).await;
        assert_eq!(introspect(&app, &forged).await, json!({"active": false}));
    }
    for right in [with(&token, act), with(&own, Value::Null)] {
        json(app.get_as(&right, "/User1/me").await, 200).await;
    }
}
