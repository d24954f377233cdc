//! Required fields of `create`, and who may use it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

/// Returns the minimum fields of a registration.
fn smallest(person: &Person) -> Value {
    json!({"email": person.email, "password": person.password})
}

async fn me(app: &TestApp, person: &Person) -> Value {
    json(app.get_as(&person.log_in(app).await, &person.path("me")).await, 200).await
}

#[tokio::test]
async fn an_address_and_a_password_are_enough_for_every_flow() {
    let app = TestApp::start().await;
    let ada = Person::new("ada@example.com");
    let mut form = smallest(&ada);
    form["first_name"] = Value::Null;
    let id = json(app.post_json("/User1/create", form).await, 200).await["id"].clone();
    let ada = ada.verify(&app).await;
    let token = ada.log_in(&app).await;
    for path in ["/User1/me", "/User1/", "/User1"] {
        let user = json(app.get_as(&token, path).await, 200).await;
        assert_eq!((&user["id"], user["email"].as_str()), (&id, Some("ada@example.com")));
        for field in ["first_name", "last_name", "phone", "country_code", "country"] {
            assert_eq!(user.as_object().unwrap().get(field), Some(&Value::Null), "{path}: {field}");
        }
        assert_eq!(user["attributes"], json!({}));
        assert_eq!((user["is_phone_verified"].as_bool(), user["created_at"].is_string()), (Some(false), true));
    }

    // A number that the account does not have gets the usual response, and no code.
    let mut handle = String::new();
    for phone in ["+12025550100", "+1234567890"] {
        let asked = app.post_json("/User1/otp_phone", json!({"id": id, "phone": phone})).await;
        handle = json(asked, 200).await["otp"].as_str().unwrap().to_owned();
    }
    assert!(app.mails().await.iter().all(|message| message["channel"] != "sms"));
    problem(app.post_json("/User1/verify_otp_phone", json!({"token": handle, "otp": "000000"})).await, 400).await;

    // The emails have no name for the greeting, and the pages work.
    json(app.post_json("/User1/forget_password", json!({"email": ada.email})).await, 200).await;
    let reset = app.link(&ada.email, "reset_password_form").await;
    assert_eq!(app.open(&reset).await.status(), 200);
    let reset = reset.replace("reset_password_form", "reset_password");
    let reset = reset.strip_prefix(&app.base).unwrap();
    assert_eq!(app.post_form(reset, &[("password", "another good phrase")]).await.status(), 200);
    let ada = ada.with_password("another good phrase");
    assert!(me(&app, &ada).await["password_set_at"].is_string());
    for mail in app.mails_to(&ada.email).await {
        assert!(!mail["text"].as_str().unwrap().contains("null") && !mail["text"].as_str().unwrap().contains("None"));
    }
}

#[tokio::test]
async fn attributes_are_kept_as_they_were_sent() {
    let app = TestApp::start().await;
    let ada = Person::new("ada@example.com");
    let mut form = smallest(&ada);
    let attributes = json!({"plan": "team", "tags": ["a", {"b": null}], "seats": 12, "ratio": 0.5, "on": true});
    form["attributes"] = attributes.clone();
    json(app.post_json("/User1/create", form).await, 200).await;
    let ada = ada.verify(&app).await;
    assert_eq!(me(&app, &ada).await["attributes"].to_string(), attributes.to_string());
    let app = app.restart().await;
    assert_eq!(me(&app, &ada).await["attributes"].to_string(), attributes.to_string());
    for (name, content) in app.contents().await {
        assert!(!String::from_utf8_lossy(&content).contains("seats"), "{name} has attributes in plain form");
    }
}

/// A fast but inexact parser would change the last digit of the first two numbers.
#[tokio::test]
async fn numbers_in_attributes_come_back_to_the_last_digit() {
    let app = TestApp::start().await;
    let ada = Person::new("ada@example.com");
    let numbers = "[31.245270191439438,121.48791951161945,100.78399658203125,0.1,18446744073709551615,-0.0]";
    let form =
        format!(r#"{{"email":"{}","password":"{}","attributes":{{"numbers":{numbers}}}}}"#, ada.email, ada.password);
    let create = app.request(Method::POST, "/User1/create").header("Content-Type", "application/json").body(form);
    json(create.send().await.unwrap(), 200).await;
    let ada = ada.verify(&app).await;
    let token = ada.log_in(&app).await;
    let user = app.get_as(&token, "/User1/me").await.text().await.unwrap();
    assert!(user.contains(&format!(r#""attributes":{{"numbers":{numbers}}}"#)), "{user}");
}

#[tokio::test]
async fn attributes_that_are_no_object_or_too_large_are_named() {
    let app = TestApp::start().await;
    let deep = (0..8).fold(json!({}), |inner, _| json!({ "a": inner }));
    for (bad, code) in [
        (json!("{}"), "attributes.invalid"),
        (json!([]), "attributes.invalid"),
        (json!(false), "attributes.invalid"),
        (deep, "attributes.invalid"),
        (json!({"a": "x".repeat(8192)}), "attributes.too_large"),
    ] {
        let mut form = smallest(&Person::new("ada@example.com"));
        form["attributes"] = bad;
        let refused = problem(app.post_json("/User1/create", form).await, 422).await;
        let errors = refused["errors"].as_array().unwrap();
        assert_eq!((errors.len(), errors[0]["field"].as_str()), (1, Some("attributes")));
        assert_eq!(errors[0]["code"], code);
    }
    let mut form = smallest(&Person::new("ada@example.com"));
    form["attributes"] = Value::Null;
    json(app.post_json("/User1/create", form).await, 200).await;
}

#[tokio::test]
async fn a_realm_requires_the_fields_of_its_setting() {
    let all = "first_name, last_name, phone, country_code";
    let settings = [("SIGNUP_REQUIRED", all), ("REALM_USER2_SIGNUP_REQUIRED", "none")];
    let app = TestApp::with(&settings).await;
    let ada = Person::new("ada@example.com");
    let refused = problem(app.post_json("/User1/create", smallest(&ada)).await, 422).await;
    let errors: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|one| (&one["field"], &one["code"])).collect();
    let missing = json!("field.missing");
    let fields = ["first_name", "last_name", "phone", "country_code"].map(Value::from);
    assert_eq!(errors, fields.iter().map(|field| (field, &missing)).collect::<Vec<_>>());
    json(app.post_json("/User1/create", ada.form()).await, 200).await;
    json(app.post_json("/User2/create", smallest(&ada)).await, 200).await;
}

#[tokio::test]
async fn a_realm_that_is_not_open_takes_no_registrations() {
    let app = TestApp::with(&[("SIGNUP", "closed"), ("REALM_USER2_SIGNUP", "open")]).await;
    let ada = Person::new("ada@example.com");
    let refused = problem(app.post_json("/User1/create", smallest(&ada)).await, 403).await;
    assert_eq!(refused["code"], "signup.closed");
    let ada = ada.of("User2").join(&app).await;
    ada.log_in(&app).await;

    // Existing accounts, and earlier registrations, are not affected.
    let eve = Person::new("eve@example.com").of("User2").register(&app).await;
    let app = app.restart_with(&[("REALM_USER2_SIGNUP", "invite")]).await;
    problem(app.post_json("/User2/create", smallest(&eve)).await, 403).await;
    ada.log_in(&app).await;
    eve.verify(&app).await.log_in(&app).await;
}
