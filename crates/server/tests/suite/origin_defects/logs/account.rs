//! Actions of a signed-in user: every route of `me`, and both steps of a login.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use portcullis_core::{
    clock::{Clock as _, SystemClock},
    factor::TotpSecret,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{
    PHONE, jane, keep,
    walks::{join, new_link},
};
use crate::{
    origin_defects::{program::Visitor, token_of},
    sms::{code_in, twilio::Twilio},
    support::{json as answer, smtp::SmtpServer},
};

const OTHER_PHONE: &str = "+4915799887767";
const EMAIL: &str = "quokka.planted.moved@example.com";

/// A user with a session.
struct Owner<'a> {
    visitor: &'a Visitor,
    token: String,
}

impl Owner<'_> {
    async fn send(&self, method: &str, path: &str, body: Value) -> Response {
        let request = self.visitor.request(method.parse::<Method>().unwrap(), &format!("/User1/{path}"));
        request.bearer_auth(&self.token).header("User-Agent", "planted-agent").json(&body).send().await.unwrap()
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

/// Waits for another SMS and returns its code.
async fn next_code(twilio: &Twilio, known: usize) -> String {
    while twilio.messages().len() <= known {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    code_in(&twilio.messages()[known].body)
}

/// Uses every route of the account and of second factors, with valid and invalid requests.
pub async fn manage(
    visitor: &Visitor,
    smtp: &SmtpServer,
    twilio: &Twilio,
    secrets: &mut Vec<String>,
    codes: &mut Vec<String>,
) {
    let jane = jane(".Owner");
    let entered = join(visitor, smtp, &jane).await;
    let owner = Owner { visitor, token: text(&entered, "access_token").to_owned() };
    for name in ["access_token", "refresh_token", "device"] {
        keep(secrets, text(&entered, name));
    }
    profile(&owner).await;
    contacts(&owner, smtp, twilio, secrets, codes).await;
    let recovery = factors(&owner, secrets, codes).await;
    let sent = twilio.messages().len();
    answer(owner.send("POST", "me/mfa/sms", json!({})).await, 201).await;
    let credentials = [("username", EMAIL), ("password", "violet-planted-teapot")];
    let refused = answer(visitor.post_form("/User1/login", &credentials).await, 403).await;
    let ticket = text(&refused, "mfa_token").to_owned();
    keep(secrets, &ticket);
    let ask = json!({"mfa_token": ticket, "type": "sms"});
    answer(owner.send("POST", "mfa/challenge", ask).await, 202).await;
    let code = next_code(twilio, sent).await;
    for (code, kind, status) in [("planted-query", "sms", 400), (&*recovery, "totp", 400), (&*code, "sms", 200)] {
        let form = [("grant_type", "urn:portcullis:mfa"), ("mfa_token", &*ticket), ("code", code), ("type", kind)];
        let done = visitor.post_form("/User1/token", &[&form[..], &[("remember", "true")]].concat()).await;
        assert_eq!(done.status(), status);
    }
    codes.push(code);
    let step_up = json!({"current_password": "violet-planted-teapot", "code": recovery, "type": "recovery_code"});
    answer(owner.send("POST", "me/step_up", step_up).await, 200).await;
    for (method, path) in [
        ("GET", "me/mfa"),
        ("GET", "me/devices"),
        ("DELETE", "me/devices/planted-query"),
        ("DELETE", "me/devices"),
        ("GET", "me/sessions"),
        ("DELETE", "me/sessions/planted-query"),
        ("DELETE", "me/sessions"),
        ("GET", "me/events"),
        ("GET", "me/export"),
        ("DELETE", "me/mfa/planted-query"),
        ("PATCH", "me/mfa"),
        ("DELETE", "me/phone"),
        ("DELETE", "me"),
    ] {
        let status = owner.send(method, path, json!({})).await.status();
        assert!([200, 404, 422].contains(&status.as_u16()), "{method} {path}: {status}");
    }
}

async fn profile(owner: &Owner<'_>) {
    for (change, status) in [
        (json!({"first_name": "Zebedee-Planted", "attributes": {"planted-query": "planted-query"}}), 200),
        (json!({"planted-query": "planted-query"}), 422),
        (json!({"locale": "planted-query!"}), 422),
    ] {
        assert_eq!(owner.send("PATCH", "me", change).await.status(), status);
    }
    let wrong = json!({"current_password": "crimson-planted-kettle", "new_password": "chosen-planted-kettle"});
    assert_eq!(owner.send("POST", "me/password", wrong).await.status(), 403);
    for (from, to) in
        [("violet-planted-teapot", "chosen-planted-kettle"), ("chosen-planted-kettle", "violet-planted-teapot")]
    {
        let change = json!({"current_password": from, "new_password": to});
        assert_eq!(owner.send("POST", "me/password", change).await.status(), 200);
    }
}

/// Changes the email address and the phone number.
async fn contacts(
    owner: &Owner<'_>,
    smtp: &SmtpServer,
    twilio: &Twilio,
    secrets: &mut Vec<String>,
    codes: &mut Vec<String>,
) {
    assert_eq!(owner.send("POST", "me/email", json!({"email": "planted-query"})).await.status(), 422);
    assert_eq!(owner.send("DELETE", "me/email", json!({})).await.status(), 404);
    answer(owner.send("POST", "me/email", json!({"email": EMAIL})).await, 202).await;
    let moved = crate::support::Person::new(EMAIL);
    let link = new_link(smtp, &moved, "verify", &[]).await;
    keep(secrets, token_of(&link));
    assert_eq!(owner.visitor.get(&link).await.status(), 200);
    let pressed = owner.visitor.post_form("/User1/verify", &[("token", token_of(&link))]).await;
    assert!(pressed.status().as_u16() < 400);
    for link in smtp.messages().iter().flat_map(|mail| mail.links()).filter(|link| link.contains("?token=")) {
        keep(secrets, token_of(&link));
    }
    let sent = twilio.messages().len();
    for (number, phone) in [OTHER_PHONE, PHONE].into_iter().enumerate() {
        let asked = answer(owner.send("POST", "me/phone", json!({"phone": phone})).await, 202).await;
        keep(secrets, text(&asked, "handle"));
        let code = next_code(twilio, sent + number).await;
        let given = json!({"handle": asked["handle"], "code": code});
        answer(owner.send("POST", "verify_otp_phone", given).await, 200).await;
        codes.push(code);
    }
}

/// Adds an authenticator app. Returns a recovery code.
async fn factors(owner: &Owner<'_>, secrets: &mut Vec<String>, codes: &mut Vec<String>) -> String {
    let named = json!({"name": "planted-query"});
    let offer = answer(owner.send("POST", "me/mfa/totp", named).await, 200).await;
    let (secret, enrolment) = (text(&offer, "secret"), text(&offer, "enrolment"));
    keep(secrets, enrolment);
    secrets.extend([secret.to_owned(), text(&offer, "uri").to_owned()]);
    let totp = TotpSecret::from_bytes(BASE32_NOPAD.decode(secret.as_bytes()).unwrap().try_into().unwrap());
    let code = totp.code(SystemClock.now()).to_string();
    let confirm = async |code: &str| {
        owner.send("POST", "me/mfa/totp/confirm", json!({"enrolment": enrolment, "code": code})).await
    };
    assert_eq!(confirm("planted-query").await.status(), 400);
    let added = answer(confirm(&code).await, 201).await;
    codes.push(code);
    let renewed = answer(owner.send("POST", "me/mfa/recovery_codes", json!({})).await, 201).await;
    let all = [&added, &renewed].map(|answer| answer["recovery_codes"].as_array().unwrap().clone()).concat();
    for code in &all {
        secrets.extend([code.as_str().unwrap().to_owned(), code.as_str().unwrap().replace('-', "")]);
    }
    all.last().unwrap().as_str().unwrap().to_owned()
}
