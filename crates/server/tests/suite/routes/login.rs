use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_login_gives_a_bearer_token() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let form = [
        ("grant_type", "password"),
        ("username", " JOHN@Example.com"),
        ("password", "securepassword123"),
        ("scope", ""),
        ("client_id", "app"),
        ("client_secret", "x"),
    ];
    let response = app.post_form(&john.path("login"), &form).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer = json(response, 200).await;
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 1800);
    json(app.get_as(answer["access_token"].as_str().unwrap(), "/User1/me").await, 200).await;
}

#[tokio::test]
async fn errors_are_also_reported_to_oauth_clients() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let wrong = problem(app.login("User1", &john.email, "wrong phrase").await, 401).await;
    assert_eq!(wrong["detail"], "Invalid email or password");
    assert_eq!(wrong["code"], "login.refused");
    assert_eq!(
        (wrong["error"].as_str(), wrong["error_description"].as_str()),
        (Some("invalid_grant"), Some("Invalid email or password"))
    );
    let unverified = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    assert_eq!(unverified["detail"], "Email not verified");
    assert_eq!(unverified["error"], "email_not_verified");
}

#[tokio::test]
async fn missing_fields_are_named() {
    let app = TestApp::start().await;
    let problem = problem(app.post_form("/User1/login", &[("grant_type", "password")]).await, 422).await;
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["username", "password"]);
}

#[tokio::test]
async fn an_unreadable_form_is_rejected() {
    let app = TestApp::start().await;
    let send = async |body: &'static str, kind: &str| {
        app.request(reqwest::Method::POST, "/User1/login").header("Content-Type", kind).body(body).send().await.unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    for refused in [
        problem(send("username=a&username=b&password=c", form).await, 400).await,
        problem(send("username=a%FF&password=c", form).await, 400).await,
        problem(send("username=a%FF&password=%EF%BF%BD", form).await, 400).await,
        problem(send("{}", "text/plain").await, 415).await,
    ] {
        assert_eq!(refused["error"], "invalid_request");
        assert_eq!(refused["error_description"], refused["detail"]);
    }
}

#[tokio::test]
async fn a_realm_accepts_only_its_own_users() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    problem(app.login("User2", &john.email, &john.password).await, 401).await;
    let other = john.clone().of("User2").with_password("another good phrase").join(&app).await;
    other.log_in(&app).await;
    john.log_in(&app).await;
}

#[tokio::test]
async fn a_hash_grows_stronger_at_login_when_the_settings_rise() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let app = app.restart_with(&[("ARGON2_ITERATIONS", "2")]).await;
    app.watched.take();
    john.log_in(&app).await;
    assert_eq!(app.watched.take().hashes, 2, "checked, then made anew");
    john.log_in(&app).await;
    assert_eq!(app.watched.take().hashes, 1, "at today's settings by now");
}

#[tokio::test]
async fn a_full_queue_of_hashes_is_503_with_a_time_to_come_back() {
    let app = std::sync::Arc::new(
        TestApp::with(&[
            ("HASH_QUEUE", "1"),
            ("HASH_THREADS", "1"),
            ("ARGON2_MEMORY_KIB", "65536"),
            ("ARGON2_ITERATIONS", "2"),
        ])
        .await,
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let app = std::sync::Arc::clone(&app);
        tasks.spawn(async move { app.login("User1", "john@example.com", "some good phrase").await });
    }
    let answers = tasks.join_all().await;
    let mut turned_away = 0;
    for answer in answers {
        match answer.status().as_u16() {
            503 => {
                assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
                assert_eq!(problem(answer, 503).await["code"], "overloaded");
                turned_away += 1;
            }
            status => assert_eq!(status, 401),
        }
    }
    assert!(turned_away > 0 && turned_away < 20, "{turned_away}");
}
