//! Every request rejected by a limit is recorded in the audit trail.

use portcullis_core::id::RealmName;
use reqwest::Method;
use serde_json::{Value, json};

use super::ENFORCED;
use crate::pages::browser::Browser;
use crate::support::{Person, Protected, TestApp, json, problem};

const ONE_EACH: &[(&str, &str)] = &[
    ("LIMIT_PASSWORDS_ACCOUNT", "2/1h"),
    ("LIMIT_PASSWORDS_CLIENT", "50/90s"),
    ("LIMIT_LINKS_CLIENT", "1/90s"),
    ("LIMIT_MAILS_CLIENT", "1/90s"),
    ("LIMIT_REFRESHES_ACCOUNT", "1/90s"),
    ("LIMIT_PROFILE_ACCOUNT", "1/90s"),
    ("LIMIT_EXPORTS_ACCOUNT", "1/90s"),
    ("LIMIT_EMAIL_CHANGES_ACCOUNT", "1/90s"),
    ("LIMIT_ENROLMENTS_ACCOUNT", "1/90s"),
];

/// Returns the rows of requests rejected by this setting: users and counts.
async fn rows(app: &TestApp, setting: &str) -> Vec<(Option<String>, bool)> {
    let realm = RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 1000).await.unwrap();
    let rows = rows.into_iter().filter(|row| row.event == "limit_reached" && row.rule.as_deref() == Some(setting));
    rows.map(|row| (row.user.map(|user| user.as_str().to_owned()), row.index.is_some())).collect()
}

#[tokio::test]
async fn each_refusal_by_a_limit_has_a_row_that_names_its_setting_and_its_user() {
    let app = TestApp::with(&[ENFORCED, ONE_EACH].concat()).await;
    let person = Person::new("john@example.com").join(&app).await;
    let john = Protected::add(&app, &person).await;
    let entered = john.log_in(&app).await;
    let token = entered["access_token"].as_str().unwrap();
    let send = async |method: &str, path: &str, body: Value| {
        let method: Method = method.parse().unwrap();
        app.request(method, &format!("/User1/{path}")).bearer_auth(token).json(&body).send().await.unwrap()
    };
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": entered["refresh_token"]});
    let wrong = json!({"current_password": "another-long-password", "new_password": "violet-teapot-hammer"});
    let emails = ["one@example.com", "two@example.com"];
    for (number, email) in emails.iter().enumerate() {
        let answers = [
            ("LIMIT_PROFILE_ACCOUNT", send("PATCH", "me", json!({})).await),
            ("LIMIT_EXPORTS_ACCOUNT", send("GET", "me/export", json!({})).await),
            ("LIMIT_EMAIL_CHANGES_ACCOUNT", send("POST", "me/email", json!({"email": email})).await),
            ("LIMIT_ENROLMENTS_ACCOUNT", send("POST", "me/mfa/totp", json!({})).await),
            ("LIMIT_REFRESHES_ACCOUNT", send("POST", "token", refresh.clone()).await),
        ];
        for (setting, answer) in answers {
            let status = answer.status();
            // The setup has started one enrolment.
            let is_rejected = number == 1 || setting == "LIMIT_ENROLMENTS_ACCOUNT";
            assert_eq!(status == 429, is_rejected, "{setting}: {status}");
            let expected = vec![(Some(person.id.clone()), false); usize::from(is_rejected)];
            assert_eq!(rows(&app, setting).await, expected, "{setting}");
        }
    }
    for status in [403, 403, 429, 429] {
        problem(send("POST", "me/password", wrong.clone()).await, status).await;
    }
    // A repetition is only counted.
    assert_eq!(rows(&app, "LIMIT_PASSWORDS_ACCOUNT").await, [(Some(person.id.clone()), false)]);
    for status in [400, 429, 429] {
        let junk = json!({"token": "junk", "otp": "123456"});
        problem(app.post_json("/User1/verify_otp_phone", junk).await, status).await;
    }
    assert_eq!(rows(&app, "LIMIT_LINKS_CLIENT").await, [(None, false)]);
    for status in [200, 429] {
        let forgot = app.post_json("/User1/forget_password", json!({"email": "nobody@example.com"})).await;
        assert_eq!(forgot.status(), status);
    }
    assert_eq!(rows(&app, "LIMIT_MAILS_CLIENT").await, [(None, false)]);
    let limited = async |email: &str| {
        for _ in 0..3 {
            app.login("User1", email, "another-long-password").await;
        }
    };
    limited("unknown@example.com").await;
    assert_eq!(rows(&app, "LIMIT_PASSWORDS_ACCOUNT").await.len(), 2);
    assert!(rows(&app, "LIMIT_PASSWORDS_ACCOUNT").await.contains(&(None, true)), "an address without a user");
}

#[tokio::test]
async fn a_page_that_reports_a_limit_has_a_row_as_well() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_MAILS_CLIENT", "1/90s")]].concat()).await;
    let mut browser = Browser::new(&app);
    for status in [303, 429] {
        assert_eq!(browser.post("/User1/signin/forgot", &[("email", "john@example.com")]).await.status, status);
    }
    assert_eq!(rows(&app, "LIMIT_MAILS_CLIENT").await, [(None, false)]);
}

#[tokio::test]
async fn a_known_device_that_passes_a_limit_leaves_no_row() {
    let app = TestApp::with(&[ENFORCED, &[("LIMIT_PASSWORDS_CLIENT", "1/90s")]].concat()).await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let device = entered["device"].as_str().unwrap();
    problem(app.login("User1", &john.email, "another-long-password").await, 401).await;
    let form = [("username", &*john.email), ("password", &john.password), ("device", device)];
    json(app.post_form("/User1/login", &form).await, 200).await;
    assert!(rows(&app, "LIMIT_PASSWORDS_CLIENT").await.is_empty());
    problem(app.login("User1", &john.email, &john.password).await, 429).await;
    assert_eq!(rows(&app, "LIMIT_PASSWORDS_CLIENT").await.len(), 1);
}
