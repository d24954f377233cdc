//! The caller's account: profile, password, sessions, step-up and deletion.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json as value};

use crate::{
    limits::ENFORCED,
    support::{Person, TestApp, json, problem},
};

const NEW: &str = "violet-teapot-hammer";
const HOUR: Duration = Duration::from_secs(3600);

async fn send(app: &TestApp, method: Method, token: &str, path: &str, body: Value) -> Response {
    app.request(method, path).bearer_auth(token).json(&body).send().await.unwrap()
}

async fn patch(app: &TestApp, token: &str, body: Value) -> Response {
    send(app, Method::PATCH, token, "/User1/me", body).await
}

async fn me(app: &TestApp, token: &str) -> Value {
    json(app.get_as(token, "/User1/me").await, 200).await
}

/// Returns the names and error codes of the rejected fields.
async fn refused(answer: Response) -> Vec<(String, String)> {
    let refused = problem(answer, 422).await;
    let fields = refused["errors"].as_array().unwrap().iter();
    let text = |field: &Value, name: &str| field[name].as_str().unwrap().to_owned();
    fields.map(|field| (text(field, "field"), text(field, "code"))).collect()
}

async fn change_password(app: &TestApp, token: &str, current: &str, new: &str) -> Response {
    let body = value!({"current_password": current, "new_password": new});
    send(app, Method::POST, token, "/User1/me/password", body).await
}

#[tokio::test]
async fn a_profile_is_changed_field_by_field() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let before = me(&app, &token).await;
    assert_eq!((&before["revision"], &before["locale"]), (&value!(1), &Value::Null));

    let change = value!({"first_name": "Ada", "last_name": null, "locale": "en-GB", "attributes": {"plan": "team", "seats": {"used": 1, "most": 5}}});
    let answer = patch(&app, &token, change).await;
    assert_eq!(answer.headers()["etag"], "\"2\"");
    let after = json(answer, 200).await;
    assert_eq!(after, me(&app, &token).await);
    let mut expected = before.clone();
    for (name, changed) in [
        ("first_name", value!("Ada")),
        ("last_name", Value::Null),
        ("locale", value!("en-GB")),
        ("revision", value!(2)),
    ] {
        expected[name] = changed;
    }
    expected["attributes"] = value!({"plan": "team", "seats": {"used": 1, "most": 5}});
    assert_eq!(after, expected);

    // Attributes are merged recursively.
    let change = value!({"attributes": {"plan": null, "seats": {"used": 2}}, "country_code": null});
    let after = json(patch(&app, &token, change).await, 200).await;
    assert_eq!((&after["attributes"], &after["country"]), (&value!({"seats": {"used": 2, "most": 5}}), &Value::Null));
    assert_eq!(json(patch(&app, &token, value!({"attributes": null})).await, 200).await["attributes"], value!({}));
    // A request without changes does not increase the revision.
    assert_eq!(json(patch(&app, &token, value!({"first_name": "Ada"})).await, 200).await["revision"], 4);
    let typed = app.request(Method::PATCH, "/User1/me").bearer_auth(&token);
    let typed = typed.header("Content-Type", "application/merge-patch+json").body("{\"first_name\":\"Eve\"}");
    assert_eq!(json(typed.send().await.unwrap(), 200).await["first_name"], "Eve");
}

#[tokio::test]
async fn a_field_that_is_wrong_elsewhere_or_unknown_is_named_and_nothing_is_changed() {
    let app = TestApp::with(&[("SIGNUP_REQUIRED", "first_name")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let before = me(&app, &token).await;
    let deep = value!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}});
    for (change, expected) in [
        (value!({"first_name": null}), ("first_name", "field.missing")),
        (value!({"first_name": " "}), ("first_name", "name.empty")),
        (value!({"country_code": "XX"}), ("country_code", "country.unknown")),
        (value!({"locale": "no language"}), ("locale", "locale.invalid")),
        (value!({"attributes": "text"}), ("attributes", "attributes.invalid")),
        (value!({"attributes": {"x": deep}}), ("attributes", "attributes.invalid")),
        (value!({"attributes": {"x": "y".repeat(8192)}}), ("attributes", "attributes.too_large")),
        (value!({"email": "new@example.com"}), ("email", "field.elsewhere")),
        (value!({"phone": "+12025550100"}), ("phone", "field.elsewhere")),
        (value!({"password": NEW}), ("password", "field.elsewhere")),
        (value!({"is_email_verified": false}), ("is_email_verified", "field.unknown")),
        (value!({"revision": 9, "first_name": "Ada"}), ("revision", "field.unknown")),
    ] {
        let refused = refused(patch(&app, &token, change.clone()).await).await;
        assert_eq!(refused, [(expected.0.to_owned(), expected.1.to_owned())], "{change}");
    }
    assert_eq!(refused(patch(&app, &token, value!({"a\u{0}b": 1})).await).await[0].0, "?");
    problem(patch(&app, &token, value!([])).await, 400).await;
    assert_eq!(me(&app, &token).await, before);
}

#[tokio::test]
async fn a_change_that_names_an_older_revision_is_rejected() {
    let app = TestApp::start().await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let change = async |tag: &str, name: &str| {
        let request = app.request(Method::PATCH, "/User1/me").bearer_auth(&token).header("If-Match", tag);
        request.json(&value!({"first_name": name})).send().await.unwrap()
    };
    assert_eq!(json(change("\"1\"", "Ada").await, 200).await["revision"], 2);
    for tag in ["\"1\"", "W/\"2\"", "1", "\"2", "\"\"", "\"1\", \"3\""] {
        assert_eq!(problem(change(tag, "Eve").await, 412).await["code"], "revision.stale", "{tag}");
    }
    assert_eq!(json(change("\"1\", \"2\"", "Eve").await, 200).await["revision"], 3);
    // Some clients drop the quotes.
    assert_eq!(json(change("3", "Joe").await, 200).await["revision"], 4);
    // Errors in the body are reported first.
    assert_eq!(problem(change("\"1\"", "").await, 422).await["code"], "request.invalid");
    assert_eq!(json(change("*", "Jim").await, 200).await["revision"], 5);

    // Of fifty requests based on the same revision, one succeeds.
    let mut at_once = tokio::task::JoinSet::new();
    for number in 0..50 {
        let request = app.request(Method::PATCH, "/User1/me").bearer_auth(&token).header("If-Match", "\"5\"");
        at_once.spawn(request.json(&value!({"first_name": format!("Name {number}")})).send());
    }
    let statuses: Vec<u16> =
        at_once.join_all().await.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_sends_an_email() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (token, other) = (john.log_in(&app).await, john.log_in(&app).await);
    let answer = change_password(&app, &token, &john.password, NEW).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let answer = json(answer, 200).await;
    assert!(cookie.contains(answer["device"].as_str().unwrap()));
    me(&app, &token).await;
    problem(app.get_as(&other, "/User1/me").await, 401).await;
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    john.clone().with_password(NEW).log_in(&app).await;
    let subject = app.mails_to(&john.email).await[0]["subject"].clone();
    assert_eq!(subject, "Your Portcullis password was changed");
    assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["revision"], 2);
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_must_be_another() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    assert_eq!(
        problem(change_password(&app, &token, "wrong-wrong-wrong", NEW).await, 403).await["code"],
        "password.wrong"
    );
    for (new, code) in [
        (john.password.as_str(), "password.unchanged"),
        ("short", "password.too_short"),
        ("john@example.com1", "password.guessable"),
    ] {
        let refused = refused(change_password(&app, &token, &john.password, new).await).await;
        assert_eq!(refused, [("new_password".to_owned(), code.to_owned())]);
    }
    let none = send(&app, Method::POST, &token, "/User1/me/password", value!({})).await;
    let missing = |field: &str| (field.to_owned(), "field.missing".to_owned());
    assert_eq!(refused(none).await, [missing("current_password"), missing("new_password")]);
    let more = value!({"current_password": john.password, "new_password": NEW, "email": "x"});
    let more = send(&app, Method::POST, &token, "/User1/me/password", more).await;
    assert_eq!(refused(more).await, [("email".to_owned(), "field.unknown".to_owned())]);
    john.log_in(&app).await;
}

#[tokio::test]
async fn one_of_fifty_concurrent_new_passwords_is_set() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let mut at_once = tokio::task::JoinSet::new();
    for number in 0..50 {
        let body = value!({"current_password": john.password, "new_password": format!("{NEW} {number}")});
        let request = app.request(Method::POST, "/User1/me/password").bearer_auth(&token).json(&body);
        at_once.spawn(async move { (number, request.send().await.unwrap().status().as_u16()) });
    }
    let ended = at_once.join_all().await;
    let won: Vec<_> = ended.iter().filter(|(_, status)| *status == 200).collect();
    let [(number, _)] = won[..] else { panic!("{ended:?}") };
    assert!(ended.iter().all(|(_, status)| [200, 403].contains(status)), "{ended:?}");
    john.with_password(&format!("{NEW} {number}")).log_in(&app).await;
}

#[tokio::test]
async fn wrong_current_passwords_count_like_those_of_a_login() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    for path in ["me/password", "me/step_up", "me/password", "me/step_up", "me/password"] {
        let mut body = value!({"current_password": "wrong-wrong-wrong"});
        if path == "me/password" {
            body["new_password"] = NEW.into();
        }
        problem(send(&app, Method::POST, &token, &john.path(path), body).await, 403).await;
    }
    let right = value!({"current_password": john.password});
    let limited = problem(send(&app, Method::POST, &token, "/User1/me/step_up", right.clone()).await, 429).await;
    assert_eq!(limited["limit"], "LIMIT_PASSWORDS_ACCOUNT");
    problem(app.login("User1", &john.email, &john.password).await, 429).await;
    app.advance(Duration::from_secs(2));
    json(send(&app, Method::POST, &token, "/User1/me/step_up", right).await, 200).await;
}

#[tokio::test]
async fn a_user_ends_their_own_sessions_and_no_others() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let eve = Person::new("eve@example.com").join(&app).await;
    let (first, second, third) = (john.log_in(&app).await, john.log_in(&app).await, john.log_in(&app).await);
    let of_eve = eve.log_in(&app).await;
    let ids = |list: Value| -> Vec<(String, bool)> {
        let sessions = list["sessions"].as_array().unwrap().clone();
        sessions.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["current"] == true)).collect()
    };
    let list = async |token: &str| ids(json(app.get_as(token, "/User1/me/sessions").await, 200).await);
    let end = async |token: &str, id: &str| {
        app.request(Method::DELETE, &format!("/User1/me/sessions/{id}")).bearer_auth(token).send().await.unwrap()
    };
    let own = |sessions: Vec<(String, bool)>| sessions.into_iter().find(|(_, current)| *current).unwrap().0;
    let id = own(list(&second).await);
    for strange in [id.as_str(), "unknown", ""] {
        assert!([404, 405].contains(&end(&of_eve, strange).await.status().as_u16()) || strange.is_empty());
    }
    assert_eq!(problem(end(&of_eve, &id).await, 404).await["code"], "not_found");
    me(&app, &second).await;
    assert_eq!(json(end(&first, &id).await, 200).await["message"], "Session ended");
    problem(app.get_as(&second, "/User1/me").await, 401).await;
    problem(end(&first, &id).await, 404).await;

    let others = app.request(Method::DELETE, "/User1/me/sessions").bearer_auth(&first).send().await.unwrap();
    assert_eq!(json(others, 200).await["ended"], 1);
    problem(app.get_as(&third, "/User1/me").await, 401).await;
    me(&app, &of_eve).await;
    // The current session is ended by a logout instead.
    let current = own(list(&first).await);
    json(end(&first, &current).await, 200).await;
    problem(app.get_as(&first, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn a_password_makes_the_session_fresh_again() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let token = entered["access_token"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(11 * 60));
    let stale = send(&app, Method::DELETE, &token, "/User1/me", value!({})).await;
    let challenge = stale.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(
        challenge.contains("insufficient_user_authentication") && challenge.contains("max_age=\"600\""),
        "{challenge}"
    );
    assert_eq!(problem(stale, 401).await["code"], "auth.stale");

    let right = value!({"current_password": john.password});
    let fresh = json(send(&app, Method::POST, &token, "/User1/me/step_up", right).await, 200).await;
    assert_eq!(fresh.as_object().unwrap().len(), 3, "{fresh}");
    let fresh = fresh["access_token"].as_str().unwrap();
    // The authentication time is that of the session, for each of its tokens and after a refresh.
    let form = [("grant_type", "refresh_token"), ("refresh_token", entered["refresh_token"].as_str().unwrap())];
    let refreshed = json(app.post_form("/User1/token", &form).await, 200).await;
    let sessions = json(app.get_as(refreshed["access_token"].as_str().unwrap(), "/User1/me/sessions").await, 200).await;
    assert_eq!(sessions["sessions"][0]["auth_time"], "2026-01-01T00:11:00Z");
    assert_eq!(
        json(send(&app, Method::DELETE, fresh, "/User1/me", value!({})).await, 200).await["message"],
        "Account deleted successfully"
    );
    problem(app.get_as(&token, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn an_account_is_deleted_after_a_recent_login_or_with_the_password() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(Duration::from_secs(20 * 60));
    let wrong = value!({"current_password": "wrong-wrong-wrong"});
    assert_eq!(
        problem(send(&app, Method::DELETE, &token, "/User1/me", wrong).await, 403).await["code"],
        "password.wrong"
    );
    let right = value!({"current_password": john.password});
    json(send(&app, Method::DELETE, &token, "/User1/me", right).await, 200).await;
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    assert!(app.mails_to(&john.email).await[0]["subject"].as_str().unwrap().contains("deleted"));
    // A body is not required, and the address is free again.
    let again = Person::new("john@example.com").join(&app).await;
    let token = again.log_in(&app).await;
    let request = app.request(Method::DELETE, "/User1/me").bearer_auth(&token);
    json(request.send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn a_token_of_another_realm_changes_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let other = Person::new("john@example.com").of("User2").join(&app).await;
    let token = other.log_in(&app).await;
    for (method, path) in [
        (Method::PATCH, "me"),
        (Method::DELETE, "me"),
        (Method::POST, "me/password"),
        (Method::POST, "me/step_up"),
        (Method::DELETE, "me/sessions"),
    ] {
        problem(send(&app, method, &token, &john.path(path), value!({})).await, 401).await;
    }
    app.advance(HOUR / 4);
    john.log_in(&app).await;
}
