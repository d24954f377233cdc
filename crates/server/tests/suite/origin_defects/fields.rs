//! Rows D71 to D75 and D77: the fields of a form.

use serde_json::{Value, json};

use super::{UNLIMITED, together};
use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn d71_of_fifty_registrations_at_one_moment_one_account_comes() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let person = |number: usize| Person::new("john@example.com").with_password(&format!("phrase number {number}"));
    let body = |number: usize| person(number).form().to_string();
    let requests = (0..50).map(|number| together::post("/User1/create", "application/json", &body(number))).collect();
    assert_eq!(together::statuses(&app.base, requests).await, vec![200; 50]);

    let mails = app.mails_to("john@example.com").await;
    let mut resets = Vec::new();
    for mail in &mails {
        let answer = super::ask(&app, mail["links"][0].as_str().unwrap()).await;
        if answer.status() == 200 {
            resets.push(json(answer, 200).await["reset_url"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(resets.len(), 1);
    let reset = resets[0].strip_prefix(&app.base).unwrap();
    assert_eq!(app.post_form(reset, &[("password", "chosen by the owner")]).await.status(), 200);
    for number in 0..50 {
        let person = person(number);
        problem(app.login("User1", &person.email, &person.password).await, 401).await;
    }
    person(0).with_password("chosen by the owner").log_in(&app).await;
}

#[tokio::test]
async fn d72_a_bad_field_is_the_fault_of_the_field_and_not_of_the_server() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (field, value, code) in [
        ("password", json!("weak"), "password.too_short"),
        ("email", json!("unknown"), "email.invalid"),
        ("phone", json!("call me"), "phone.invalid"),
        ("country_code", json!("Atlantis"), "country.unknown"),
        ("first_name", json!(""), "name.empty"),
        ("password", Value::Null, "field.missing"),
        ("email", json!({ "$ne": null }), "field.type"),
        ("password", json!(["securepassword123"]), "field.type"),
        ("phone", json!(1_234_567_890), "field.type"),
        ("first_name", json!(true), "field.type"),
    ] {
        let mut form = Person::new("john@example.com").form();
        form[field] = value;
        let refused = problem(app.post_json("/User1/create", form).await, 422).await;
        let errors = refused["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0]["field"].as_str(), errors[0]["code"].as_str()), (Some(field), Some(code)));
        assert!(errors[0]["detail"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn d73_names_are_stored_as_typed() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let names = [
        ("O'Brien & Sons", "<Smith>"),
        ("Ünal", "Weiß-Ñandú"),
        ("Nguyễn Thị", "李小龍"),
        ("Robert'); DROP TABLE users;--", "\"quoted\" \\ back"),
        ("&amp; #x27 %27", "{{ name }} ${HOME}"),
        ("  spaced  ", "👩‍🚀"),
    ];
    for (number, (first, last)) in names.into_iter().enumerate() {
        let john = Person::new(&format!("o'brien+{number}@example.com"));
        let mut form = john.form();
        form["first_name"] = json!(first);
        form["last_name"] = json!(last);
        json(app.post_json("/User1/create", form).await, 200).await;
        let token = john.verify(&app).await.log_in(&app).await;
        let profile = json(app.get_as(&token, "/User1/me").await, 200).await;
        assert_eq!((profile["first_name"].as_str(), profile["last_name"].as_str()), (Some(first), Some(last)));
    }
    // No email repeats a text that may not be a name, and none contains a name before the first login.
    for mail in app.mails().await {
        for part in ["html", "text", "subject"] {
            let text = mail[part].as_str().unwrap();
            assert!(!text.contains("Sons") && !text.contains("Smith") && !text.contains("DROP TABLE"), "{text}");
        }
    }
}

#[tokio::test]
async fn d73_addresses_beyond_the_alphabet_are_addresses() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for email in ["o'brien@example.com", "jürgen@bücher.example", "李@例え.jp", "a!#$%&'*+-/=?^_`{|}~b@example.com"]
    {
        let created = json(app.post_json("/User1/create", Person::new(email).form()).await, 200).await;
        let canonical = created["Email"].as_str().unwrap();
        let person = Person::new(canonical).verify(&app).await;
        person.log_in(&app).await;
        Person::new(email).log_in(&app).await;
    }
}

#[tokio::test]
async fn d74_the_example_of_the_readme_gives_a_country_and_no_error_is_ever_kept() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let readme = json!({
        "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com",
        "phone": "+1234567890", "country_code": "US", "password": "securepassword123",
    });
    json(app.post_json("/User1/create", readme).await, 200).await;
    let token = Person::new("john.doe@example.com").verify(&app).await.log_in(&app).await;
    let profile = json(app.get_as(&token, "/User1/me").await, 200).await;
    assert_eq!((profile["country_code"].as_str(), profile["country"].as_str()), (Some("US"), Some("United States")));
    for code in ["ZZ", "+999", "0", "invalid", "", " ", "U", "USA1"] {
        let mut form = Person::new("jane@example.com").form();
        form["country_code"] = json!(code);
        let refused = problem(app.post_json("/User1/create", form).await, 422).await;
        assert_eq!(refused["errors"][0]["code"], "country.unknown", "{code}");
    }
}

#[tokio::test]
async fn d75_a_refusal_repeats_nothing_that_was_sent() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let whole = json!({
        "first_name": "Planted-First", "last_name": "Planted-Last", "email": "planted@example.com",
        "phone": "+15550planted", "country_code": "planted-country", "password": "planted-password", "more": "planted-more",
    });
    let mut bodies = vec![
        r#"{"password": "planted-password", "email": planted"#.to_owned(),
        r#"["planted-password"]"#.to_owned(),
        r#"{"planted-name": 1, "planted-name": 2}"#.to_owned(),
        r#""planted-password""#.to_owned(),
        whole.to_string(),
    ];
    for field in ["first_name", "last_name", "email", "phone", "country_code", "password"] {
        let (mut without, mut list) = (whole.clone(), whole.clone());
        without.as_object_mut().unwrap().remove(field);
        list[field] = json!([whole[field]]);
        bodies.extend([without.to_string(), list.to_string()]);
    }
    for body in bodies {
        let request = app.request(reqwest::Method::POST, "/User1/create").header("Content-Type", "application/json");
        is_rejected_without_a_word(request.body(body.clone()).send().await.unwrap(), &body).await;
    }
    for form in [
        "username=planted@example.com",
        "password=planted-password",
        "username=planted&username=planted&password=planted-password",
        "username=planted%FF&password=planted-password",
        "username=planted@example.com&password=planted-password",
    ] {
        let request = app.request(reqwest::Method::POST, "/User1/login");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        is_rejected_without_a_word(request.send().await.unwrap(), form).await;
    }
    for path in ["/planted", "/User1/planted", "/User1/?id=planted", "/User1/verify?token=planted", "/planted%00"] {
        is_rejected_without_a_word(app.get(path).await, path).await;
        is_rejected_without_a_word(super::ask(&app, path).await, path).await;
    }
}

async fn is_rejected_without_a_word(answer: reqwest::Response, sent: &str) {
    assert!(answer.status().is_client_error(), "{sent}");
    let headers = format!("{:?}", answer.headers()).to_lowercase();
    let body = answer.text().await.unwrap();
    assert!(!headers.contains("planted") && !body.to_lowercase().contains("planted"), "{sent}: {body}");
}

#[tokio::test]
async fn d77_names_and_numbers_have_an_end_and_no_controls() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for field in ["first_name", "last_name"] {
        for (bad, code) in [
            ("x".repeat(101), "name.too_long"),
            ("é".repeat(101), "name.too_long"),
            ("x".repeat(20_000), "name.too_long"),
            ("a\r\nb".to_owned(), "name.unwritable"),
            ("a\0b".to_owned(), "name.unwritable"),
            ("a\u{1b}[31mb".to_owned(), "name.unwritable"),
            ("a\u{85}b".to_owned(), "name.unwritable"),
            ("a\u{2028}b".to_owned(), "name.unwritable"),
            ("a\u{202e}b".to_owned(), "name.unwritable"),
            ("a\u{2066}b".to_owned(), "name.unwritable"),
            ("\u{200f}b".to_owned(), "name.unwritable"),
        ] {
            let mut form = Person::new("john@example.com").form();
            form[field] = json!(bad);
            let refused = problem(app.post_json("/User1/create", form).await, 422).await;
            assert_eq!(
                (refused["errors"][0]["field"].as_str(), refused["errors"][0]["code"].as_str()),
                (Some(field), Some(code))
            );
        }
    }
    let long_number = "+".to_owned() + &"1".repeat(16);
    for bad in ["+1234567890\r\n", "+123\u{0}456789", "+1234567890;ext=1", "+1234567890x", "001234567890", &long_number]
    {
        let mut form = Person::new("john@example.com").form();
        form["phone"] = json!(bad);
        if bad.trim() == "+1234567890" {
            // White space around an address is not part of it.
            json(app.post_json("/User1/create", form).await, 200).await;
        } else {
            let refused = problem(app.post_json("/User1/create", form).await, 422).await;
            assert_eq!(refused["errors"][0]["code"], "phone.invalid", "{bad:?}");
        }
    }
    let mut form = Person::new("john@example.com").form();
    form["first_name"] = json!("x".repeat(1_000_000));
    problem(app.post_json("/User1/create", form.clone()).await, 413).await;
    form["first_name"] = json!("é".repeat(100));
    json(app.post_json("/User1/create", form).await, 200).await;
}
