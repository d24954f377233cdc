//! The process crashes before or after each commit of a change. Afterwards the change is complete or absent.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Authenticator, Person, Protected, TestApp, complete, json as answer};

/// Runs a change once for each of its commits, with a crash before and after that commit, and checks the state after
/// a restart. Returns the number of crashes.
async fn at_every_commit<T>(
    prepare: impl AsyncFn(&TestApp) -> T,
    change: impl AsyncFn(&TestApp, &T),
    judge: impl AsyncFn(&TestApp, &T),
) -> usize {
    let mut ends = 0;
    for is_after in [false, true] {
        for commit in 0.. {
            let app = TestApp::with(&[("MFA_METHODS", "totp,sms,recovery_code")]).await;
            let state = prepare(&app).await;
            app.watched.die_at(commit, is_after);
            change(&app, &state).await;
            let has_ended = app.watched.is_dead();
            let app = app.restart().await;
            judge(&app, &state).await;
            if !has_ended {
                break;
            }
            ends += 1;
        }
    }
    ends
}

async fn send(app: &TestApp, token: &str, method: Method, path: &str, body: Value) -> Response {
    app.request(method, &format!("/User1/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
}

async fn status(app: &TestApp, token: &str) -> Value {
    answer(app.get_as(token, "/User1/me/mfa").await, 200).await
}

async fn sessions(app: &TestApp, token: &str) -> usize {
    answer(app.get_as(token, "/User1/me/sessions").await, 200).await["sessions"].as_array().unwrap().len()
}

async fn mails(app: &TestApp, to: &str, subject: &str) -> usize {
    let all = app.mails_to(to).await;
    all.iter().filter(|mail| mail["subject"].as_str().unwrap().contains(subject)).count()
}

/// Logs in with a ticket, as far as possible.
async fn enter_by_ticket(app: &TestApp, john: &Protected, code: &str, kind: &str) {
    let refused = app.login("User1", &john.person.email, &john.person.password).await;
    let refused: Value = refused.json().await.unwrap();
    if let Some(ticket) = refused["mfa_token"].as_str() {
        complete(app, ticket, &[("code", code), ("type", kind)]).await;
    }
}

/// Asserts that all factors exist, and that a code can be used once unless it `was_used`.
async fn judge_code(app: &TestApp, john: &Protected, (code, kind): (&str, &str), was_used: bool) {
    let all = status(app, &john.token).await;
    let types: Vec<&str> = all["factors"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert!(types.contains(&"totp") && all["two_step"] == true, "{all}");
    assert!(kind != "sms" || types.contains(&"sms"), "{all}");
    for expected in [if was_used { 403 } else { 200 }, 403] {
        let entered = john.enter(app, &[("code", code), ("type", kind)]).await;
        assert_eq!(entered.status(), expected, "{kind}, used before: {was_used}");
    }
}

#[tokio::test]
async fn a_code_of_an_app_is_valid_once_and_no_factor_is_lost() {
    let prepare = async |app: &TestApp| {
        let john = Protected::join(app, "john@example.com").await;
        let code = john.app.next_code(app);
        (john, code)
    };
    let change =
        async |app: &TestApp, (john, code): &(Protected, String)| enter_by_ticket(app, john, code, "totp").await;
    let judge = async |app: &TestApp, (john, code): &(Protected, String)| {
        let was_used = sessions(app, &john.token).await == 2;
        judge_code(app, john, (code, "totp"), was_used).await;
        assert_eq!(status(app, &john.token).await["recovery_codes"]["left"], 10);
    };
    // The ticket, the attempt and the session, each twice.
    assert_eq!(at_every_commit(prepare, change, judge).await, 6);
}

#[tokio::test]
async fn a_recovery_code_is_valid_once_and_its_use_sends_one_email() {
    let prepare = async |app: &TestApp| Protected::join(app, "john@example.com").await;
    let change = async |app: &TestApp, john: &Protected| {
        enter_by_ticket(app, john, &john.recovery[0], "recovery_code").await;
    };
    let judge = async |app: &TestApp, john: &Protected| {
        let left = status(app, &john.token).await["recovery_codes"]["left"].clone();
        let was_used = sessions(app, &john.token).await == 2;
        assert_eq!(left, if was_used { 9 } else { 10 });
        judge_code(app, john, (&john.recovery[0], "recovery_code"), was_used).await;
        assert_eq!(status(app, &john.token).await["recovery_codes"]["left"], 9);
        assert_eq!(mails(app, "john@example.com", "recovery code").await, 1);
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 6);
}

#[tokio::test]
async fn a_code_by_sms_is_valid_once() {
    let prepare = async |app: &TestApp| {
        let john = Protected::join(app, "john@example.com").await;
        john.person.prove_phone(app).await;
        answer(send(app, &john.token, Method::POST, "me/mfa/sms", json!({})).await, 201).await;
        let ask = json!({"mfa_token": john.ticket(app).await, "type": "sms"});
        answer(app.post_json("/User1/mfa/challenge", ask).await, 202).await;
        let code = app.mails_to("+1234567890").await[0]["code"].as_str().unwrap().to_owned();
        (john, code)
    };
    let change =
        async |app: &TestApp, (john, code): &(Protected, String)| enter_by_ticket(app, john, code, "sms").await;
    let judge = async |app: &TestApp, (john, code): &(Protected, String)| {
        let was_used = sessions(app, &john.token).await == 2;
        judge_code(app, john, (code, "sms"), was_used).await;
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 6);
}

#[tokio::test]
async fn a_renewed_authentication_uses_its_code_or_none() {
    let prepare = async |app: &TestApp| {
        let john = Protected::join(app, "john@example.com").await;
        let code = john.app.next_code(app);
        (john, code)
    };
    let change = async |app: &TestApp, (john, code): &(Protected, String)| {
        let body = json!({"current_password": john.person.password, "code": code, "max_age": 0});
        send(app, &john.token, Method::POST, "me/step_up", body).await;
    };
    let judge = async |app: &TestApp, (john, code): &(Protected, String)| {
        let events = answer(app.get_as(&john.token, "/User1/me/events").await, 200).await.to_string();
        judge_code(app, john, (code, "totp"), events.contains("stepped_up")).await;
    };
    assert!(at_every_commit(prepare, change, judge).await >= 2);
}

#[tokio::test]
async fn a_first_factor_is_there_with_all_that_belongs_to_it_or_not_at_all() {
    let prepare = async |app: &TestApp| {
        let john = Person::new("john@example.com").join(app).await;
        let token = john.log_in(app).await;
        (john, token)
    };
    let change = async |app: &TestApp, (_, token): &(Person, String)| {
        let offer: Value = send(app, token, Method::POST, "me/mfa/totp", json!({})).await.json().await.unwrap();
        if offer["secret"].is_string() {
            let body = json!({"enrolment": offer["enrolment"], "code": Authenticator::of(&offer).code(app)});
            send(app, token, Method::POST, "me/mfa/totp/confirm", body).await;
        }
    };
    let judge = async |app: &TestApp, (john, token): &(Person, String)| {
        let all = status(app, token).await;
        let is_there = all["factors"].as_array().unwrap().len() == 1;
        assert_eq!((&all["two_step"], all["recovery_codes"].is_object()), (&json!(is_there), is_there), "{all}");
        let login = app.login("User1", &john.email, &john.password).await.status();
        assert_eq!(login, if is_there { 403 } else { 200 });
        assert_eq!(mails(app, &john.email, "was added").await, usize::from(is_there));
    };
    // The enrolment, the attempt and the factor, each twice.
    assert_eq!(at_every_commit(prepare, change, judge).await, 6);
}

#[tokio::test]
async fn a_factor_is_removed_with_all_that_belongs_to_it_or_not_at_all() {
    let prepare = async |app: &TestApp| {
        let john = Protected::join(app, "john@example.com").await;
        let id = status(app, &john.token).await["factors"][0]["id"].as_str().unwrap().to_owned();
        (john, id)
    };
    let change = async |app: &TestApp, (john, id): &(Protected, String)| {
        send(app, &john.token, Method::DELETE, &format!("me/mfa/{id}"), json!({})).await;
    };
    let judge = async |app: &TestApp, (john, _): &(Protected, String)| {
        let all = status(app, &john.token).await;
        let is_there = all["factors"].as_array().unwrap().len() == 1;
        assert_eq!((&all["two_step"], all["recovery_codes"].is_object()), (&json!(is_there), is_there), "{all}");
        assert_eq!(john.enter(app, &[]).await.status(), if is_there { 403 } else { 200 });
        assert_eq!(mails(app, &john.person.email, "was removed").await, usize::from(!is_there));
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 2);
}

const OLD: &str = "john@example.com";
const NEW: &str = "new@example.com";

async fn secret(app: &TestApp, email: &str, page: &str) -> String {
    app.link(email, page).await.split_once("token=").unwrap().1.to_owned()
}

async fn press(app: &TestApp, page: &str, token: &str) -> u16 {
    let path = format!("/User1/{page}");
    let request = app.request(Method::POST, &path).header("Accept", "application/json").form(&[("token", token)]);
    request.send().await.unwrap().status().as_u16()
}

async fn logins(app: &TestApp, john: &Person) -> [u16; 2] {
    let [old, new] = [OLD, NEW].map(|email| app.login("User1", email, &john.password));
    [old.await.status().as_u16(), new.await.status().as_u16()]
}

#[tokio::test]
async fn a_request_for_an_address_is_there_with_its_mail_or_not_at_all() {
    let prepare = async |app: &TestApp| Person::new(OLD).join(app).await.log_in(app).await;
    let change = async |app: &TestApp, token: &String| {
        send(app, token, Method::POST, "me/email", json!({"email": NEW})).await;
    };
    let judge = async |app: &TestApp, token: &String| {
        let pending = answer(app.get_as(token, "/User1/me").await, 200).await["pending_email"].clone();
        assert_eq!(app.mails_to(NEW).await.len(), usize::from(pending == NEW), "{pending}");
        answer(send(app, token, Method::POST, "me/email", json!({"email": NEW})).await, 202).await;
        assert!(press(app, "verify", &secret(app, NEW, "verify").await).await < 400);
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 2);
}

#[tokio::test]
async fn an_address_is_changed_with_its_reservation_or_not_at_all() {
    let prepare = async |app: &TestApp| {
        let john = Person::new(OLD).join(app).await;
        let token = john.log_in(app).await;
        answer(send(app, &token, Method::POST, "me/email", json!({"email": NEW})).await, 202).await;
        (john, token, secret(app, NEW, "verify").await)
    };
    let change = async |app: &TestApp, (_, _, link): &(Person, String, String)| {
        press(app, "verify", link).await;
    };
    let judge = async |app: &TestApp, (john, token, link): &(Person, String, String)| {
        let is_changed = answer(app.get_as(token, "/User1/me").await, 200).await["email"] == NEW;
        assert_eq!(logins(app, john).await, if is_changed { [401, 200] } else { [200, 401] });
        // The link still makes the change, or shows that it was made.
        assert!(press(app, "verify", link).await < 400);
        assert_eq!(logins(app, john).await, [401, 200]);
        assert_eq!(mails(app, OLD, "was changed").await, 1, "one mail with one link that undoes it");
        app.advance(Duration::from_secs(3600));
        assert_eq!(press(app, "undo", &secret(app, OLD, "undo").await).await, 200);
        assert_eq!(logins(app, john).await, [403, 401]);
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 2);
}

#[tokio::test]
async fn an_address_is_restored_or_not_at_all() {
    let prepare = async |app: &TestApp| {
        let john = Person::new(OLD).join(app).await;
        let token = john.log_in(app).await;
        answer(send(app, &token, Method::POST, "me/email", json!({"email": NEW})).await, 202).await;
        assert!(press(app, "verify", &secret(app, NEW, "verify").await).await < 400);
        (john, secret(app, OLD, "undo").await)
    };
    let change = async |app: &TestApp, (_, link): &(Person, String)| {
        press(app, "undo", link).await;
    };
    let judge = async |app: &TestApp, (john, link): &(Person, String)| {
        let before = logins(app, john).await;
        assert!([[401, 200], [403, 401]].contains(&before), "{before:?}");
        assert_eq!(press(app, "undo", link).await, 200);
        assert_eq!(logins(app, john).await, [403, 401]);
        assert!(app.link(OLD, "reset_password_form").await.contains("token="));
    };
    assert_eq!(at_every_commit(prepare, change, judge).await, 2);
}
