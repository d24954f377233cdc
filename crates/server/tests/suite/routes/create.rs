use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

async fn rejected_fields(app: &TestApp, body: Value) -> Vec<(String, String)> {
    let problem = problem(app.post_json("/User1/create", body).await, 422).await;
    let field = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    problem["errors"].as_array().unwrap().iter().map(|fault| (field(fault, "field"), field(fault, "code"))).collect()
}

#[tokio::test]
async fn the_response_has_the_names_of_the_original_service() {
    let app = TestApp::start().await;
    let answer = json(app.post_json("/User1/create", Person::new(" John.Doe@Example.com ").form()).await, 200).await;
    assert_eq!(answer["message"], "User created successfully");
    assert_eq!(answer["Email"], "john.doe@example.com");
    assert_eq!(answer["id"].as_str().unwrap().len(), 26);
    assert_eq!(answer.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn all_invalid_fields_are_reported_together() {
    let app = TestApp::start().await;
    let missing = ["email", "password"].map(|field| (field.to_owned(), "field.missing".to_owned()));
    assert_eq!(rejected_fields(&app, json!({})).await, missing);
    assert_eq!(rejected_fields(&app, json!({"email": null})).await, missing);

    let bad = json!({
        "first_name": " ", "last_name": ["Doe"], "email": "unknown", "phone": "12", "country_code": "XX",
        "attributes": "none", "password": "short",
    });
    let codes: Vec<_> = rejected_fields(&app, bad).await.into_iter().map(|(_, code)| code).collect();
    let expected = [
        "name.empty",
        "field.type",
        "email.invalid",
        "phone.invalid",
        "country.unknown",
        "attributes.invalid",
        "password.too_short",
    ];
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let app = TestApp::start().await;
    let mut form = Person::new("john@example.com").form();
    form["is_email_verified"] = json!(true);
    form["id"] = json!("chosen");
    form["role"] = json!("admin");
    let answer = json(app.post_json("/User1/create", form).await, 200).await;
    assert_ne!(answer["id"], "chosen");
    problem(app.login("User1", "john@example.com", "securepassword123").await, 403).await;
}

#[tokio::test]
async fn a_dial_code_names_the_main_country_of_that_code() {
    let app = TestApp::start().await;
    for (given, kept, country) in
        [("+44", "+44", "United Kingdom"), ("1", "+1", "United States"), ("de", "DE", "Germany")]
    {
        let person = Person::new(&format!("{}@example.com", country.replace(' ', ".").to_lowercase()));
        let mut form = person.form();
        form["country_code"] = json!(given);
        json(app.post_json("/User1/create", form).await, 200).await;
        let token = person.verify(&app).await.log_in(&app).await;
        let profile = json(app.get_as(&token, "/User1/me").await, 200).await;
        assert_eq!((profile["country_code"].as_str(), profile["country"].as_str()), (Some(kept), Some(country)));
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_no_server_error() {
    let app = TestApp::start().await;
    let send = async |kind: Option<&str>, body: Vec<u8>| {
        let mut request = app.request(reqwest::Method::POST, "/User1/create").body(body);
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        request.send().await.unwrap()
    };
    let json_type = Some("application/json");
    problem(send(json_type, b"{".to_vec()).await, 400).await;
    problem(send(json_type, b"[1]".to_vec()).await, 400).await;
    problem(send(json_type, br#"{"email":"a@example.com","email":"b@example.com"}"#.to_vec()).await, 400).await;
    problem(send(json_type, vec![b'['; 60_000]).await, 400).await;
    problem(send(json_type, b"{\"first_name\":\"\xff\"}".to_vec()).await, 400).await;
    problem(send(json_type, vec![b' '; 70_000]).await, 413).await;
    problem(send(Some("text/plain"), b"{}".to_vec()).await, 415).await;
    problem(send(Some("application/x-www-form-urlencoded"), b"a=b".to_vec()).await, 415).await;
    problem(send(None, b"{}".to_vec()).await, 415).await;
    problem(send(Some("application/json; charset=utf-8"), b"{}".to_vec()).await, 422).await;
}

#[tokio::test]
async fn a_taken_address_gets_the_same_response_and_its_owner_is_notified() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let before = app.mails_to(&john.email).await.len();
    let answer = json(app.post_json("/User1/create", Person::new("JOHN@example.com").form()).await, 200).await;
    assert_eq!(answer["message"], "User created successfully");
    assert_ne!(answer["id"], john.id.as_str());

    let mails = app.mails_to(&john.email).await;
    assert_eq!(mails.len(), before + 1);
    assert!(mails[0]["links"].as_array().unwrap().is_empty());
    assert!(mails[0]["subject"].as_str().unwrap().contains("already have an account"));
    john.log_in(&app).await;
}

#[tokio::test]
async fn with_reveal_a_taken_address_is_a_conflict() {
    let app = TestApp::with(&[("ACCOUNT_ENUMERATION", "reveal")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let problem = problem(app.post_json("/User1/create", john.form()).await, 409).await;
    assert_eq!(problem["code"], "email.taken");
    assert_eq!(problem["detail"], "Email already exists");
}

#[tokio::test]
async fn a_registration_expires_after_a_week() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    app.advance(std::time::Duration::from_secs(7 * 86_400));
    problem(app.login("User1", &john.email, &john.password).await, 401).await;
    let jane = john.clone().with_password("another good phrase").register(&app).await.verify(&app).await;
    jane.log_in(&app).await;
}

#[tokio::test]
async fn an_address_that_a_mail_server_may_decode_to_another_is_rejected() {
    let app = TestApp::start().await;
    for email in
        ["=?utf-8?q?x?=@example.com", "=?utf-8?q?eve=40example.net?=@example.com", "a=?utf-8?b?eA?=@example.com"]
    {
        let mut form = Person::new("john@example.com").form();
        form["email"] = json!(email);
        let problem = problem(app.post_json("/User1/create", form).await, 422).await;
        assert_eq!(problem["errors"][0]["code"], "email.invalid");
    }
    assert_eq!(app.pump().await, 0);
}

#[tokio::test]
async fn the_error_of_a_malformed_body_contains_the_byte_offset() {
    let app = TestApp::start().await;
    let json_type = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (path, kind, body, at) in [
        ("create", json_type, &b"{"[..], 1),
        ("create", json_type, b"", 0),
        ("create", json_type, b"{\"email\": planted}", 10),
        ("create", json_type, b"{\n  \"email\": \"a\",\n  planted", 20),
        ("create", json_type, b"{\"email\": \"planted\"", 19),
        ("create", json_type, b"{} planted", 3),
        ("create", json_type, b"\xEF\xBB\xBF{]", 4),
        ("login", form, b"username=a&password=%FFplanted", 20),
        ("login", form, b"username=\xFFplanted", 9),
    ] {
        let request = app.request(reqwest::Method::POST, &format!("/User1/{path}")).header("Content-Type", kind);
        let refused = problem(request.body(body.to_vec()).send().await.unwrap(), 400).await;
        let detail = format!("The request body is malformed at byte {at}.");
        assert_eq!(refused["detail"], detail.as_str(), "{}", String::from_utf8_lossy(body));
        assert!(!refused.to_string().contains("planted"));
    }
    let request = app.request(reqwest::Method::POST, "/User1/token").header("Content-Type", json_type).body("{]");
    let refused = json(request.send().await.unwrap(), 400).await;
    assert_eq!(refused["error_description"], "The request body is malformed at byte 1.");
}

#[tokio::test]
async fn a_form_is_rejected_with_the_type_that_is_accepted() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com");
    let form = [("email", john.email.as_str()), ("password", john.password.as_str())];
    let refused = problem(app.post_form("/User1/create", &form).await, 415).await;
    assert_eq!(refused["detail"], "The body must be application/json.");
    let text = app.request(reqwest::Method::POST, "/User1/login").header("Content-Type", "text/plain").body("a");
    let refused = problem(text.send().await.unwrap(), 415).await;
    for kind in ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"] {
        assert!(refused["detail"].as_str().unwrap().contains(kind));
    }
}
