//! Two people register one address. The owner of the mailbox decides.

use crate::support::{Person, TestApp, json, problem};

async fn contested(app: &TestApp) -> (Person, Person) {
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase").register(app).await;
    let victim = Person::new("victim@example.com").with_password("victims own phrase").register(app).await;
    (attacker, victim)
}

#[tokio::test]
async fn the_link_of_a_contested_address_asks_for_a_password_and_counts_none_given_before() {
    let app = TestApp::start().await;
    let (attacker, victim) = contested(&app).await;
    let link = app.link(&victim.email, "verify").await;

    let page = app.open(&link).await;
    assert_eq!(page.status(), 200);
    let html = page.text().await.unwrap();
    assert!(html.contains("<form") && html.contains("type=\"password\""));
    // Nothing is verified until the form is submitted. The link shows the form again, with the same response to the
    // latest password.
    assert!(app.open(&link).await.text().await.unwrap().contains("<form"));
    problem(app.login("User1", &victim.email, &victim.password).await, 403).await;
    problem(app.login("User1", &victim.email, &attacker.password).await, 401).await;

    let answer = json(
        app.request(reqwest::Method::GET, link.strip_prefix(&app.base).unwrap())
            .header("Accept", "application/json")
            .send()
            .await
            .unwrap(),
        200,
    )
    .await;
    assert_eq!(answer["password_required"], true);
    let reset_url = answer["reset_url"].as_str().unwrap().to_owned();
    let reset_path = reset_url.strip_prefix(&app.base).unwrap();
    assert!(!link.contains(reset_path.split_once("token=").unwrap().1), "a separate token");

    let done = app.post_form(reset_path, &[("password", "chosen by the owner")]).await;
    assert_eq!(done.status(), 200);
    assert!(done.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    for old in [&attacker.password, &victim.password] {
        problem(app.login("User1", &victim.email, old).await, 401).await;
    }
    victim.with_password("chosen by the owner").log_in(&app).await;
}

#[tokio::test]
async fn the_form_of_the_page_leads_where_it_says() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let html = app.open(&app.link(&victim.email, "verify").await).await.text().await.unwrap();
    let action = html.split_once("action=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let done = app.post_form(&format!("/User1/{action}"), &[("password", "chosen by the owner")]).await;
    assert_eq!(done.status(), 200);
    victim.with_password("chosen by the owner").log_in(&app).await;
}

#[tokio::test]
async fn a_password_that_is_rejected_leaves_the_link_good() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let answer =
        app.request(reqwest::Method::GET, app.link(&victim.email, "verify").await.strip_prefix(&app.base).unwrap());
    let answer = json(answer.header("Accept", "application/json").send().await.unwrap(), 200).await;
    let path = answer["reset_url"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned();

    let again = app.post_form(&path, &[("password", "short")]).await;
    assert_eq!(again.status(), 422);
    let html = again.text().await.unwrap();
    assert!(html.contains("<form") && html.contains("at least 8 characters"));
    let refused = app
        .request(reqwest::Method::POST, &path)
        .header("Accept", "application/json")
        .form(&[("password", "password1")]);
    let refused = problem(refused.send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["field"], "password");

    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);
    // The link works only once.
    assert_eq!(app.post_form(&path, &[("password", "chosen by another person")]).await.status(), 400);
    problem(app.login("User1", &victim.email, "chosen by another person").await, 401).await;
}

#[tokio::test]
async fn fifty_concurrent_forms_set_one_password() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let (_, victim) = contested(&app).await;
    let link = app.link(&victim.email, "verify").await;
    let answer =
        app.request(reqwest::Method::GET, link.strip_prefix(&app.base).unwrap()).header("Accept", "application/json");
    let answer = json(answer.send().await.unwrap(), 200).await;
    let path = answer["reset_url"].as_str().unwrap().strip_prefix(&app.base).unwrap().to_owned();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (app, path) = (std::sync::Arc::clone(&app), path.clone());
        tasks.spawn(async move {
            app.post_form(&path, &[("password", &format!("phrase number {number}"))]).await.status().as_u16()
        });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 49);
}

#[tokio::test]
async fn the_same_sign_up_again_is_no_contest_and_every_link_verifies_the_latest() {
    for opened in 0..3 {
        let app = TestApp::start().await;
        let (mut john, mut links) = (Person::new("john@example.com"), Vec::new());
        for _ in 0..3 {
            john = john.register(&app).await;
            links.push(app.link(&john.email, "verify").await);
        }
        // The link that is opened first activates the account. Afterwards each of them shows success.
        for link in [&links[opened], &links[0], &links[1], &links[2]] {
            assert_eq!(app.open(link).await.status(), 200, "{opened}");
        }
        let token = john.log_in(&app).await;
        assert_eq!(json(app.get_as(&token, "/User1/me").await, 200).await["id"], john.id.as_str());
    }
}

#[tokio::test]
async fn the_same_sign_up_again_can_be_rejected_and_reset_by_older_links() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let undo = app.link(&john.email, "undo").await;
    let john = john.register(&app).await;
    let token = undo.split_once("token=").unwrap().1;
    assert_eq!(app.post_form("/User1/undo", &[("token", token)]).await.status(), 200);
    problem(app.login("User1", &john.email, &john.password).await, 401).await;

    let jane = Person::new("jane@example.com").register(&app).await;
    app.post_form("/User1/forget_password", &[("email", &jane.email)]).await;
    let reset = app.link(&jane.email, "reset_password_form").await;
    let token = reset.split_once("token=").unwrap().1;
    let jane = jane.register(&app).await.with_password("chosen by the owner");
    let path = format!("/User1/reset_password?token={token}");
    assert_eq!(app.post_form(&path, &[("password", &jane.password)]).await.status(), 200);
    let me = json(app.get_as(&jane.log_in(&app).await, "/User1/me").await, 200).await;
    assert_eq!(me["id"], jane.id.as_str());
}

#[tokio::test]
async fn no_link_of_an_earlier_sign_up_verifies_one_with_another_password() {
    let app = TestApp::start().await;
    let attacker = Person::new("john@example.com").with_password("chosen by the attacker").register(&app).await;
    let link = app.link(&attacker.email, "verify").await;
    let john = Person::new("john@example.com").register(&app).await;
    assert_eq!(app.open(&link).await.status(), 400);
    john.clone().register(&app).await;
    assert_eq!(app.open(&link).await.status(), 400);
    problem(app.login("User1", &john.email, &attacker.password).await, 401).await;
}

#[tokio::test]
async fn a_contested_address_remains_contested() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    victim.clone().register(&app).await;
    let link = app.link(&victim.email, "verify").await;
    assert!(app.open(&link).await.text().await.unwrap().contains("<form"));
}

#[tokio::test]
async fn a_token_for_one_action_is_invalid_for_another() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let verify = app.link(&john.email, "verify").await;
    let token = verify.split_once("token=").unwrap().1;
    assert_eq!(
        app.post_form(&format!("/User1/reset_password?token={token}"), &[("password", "a fine new phrase")])
            .await
            .status(),
        400
    );
    assert_eq!(app.post_form("/User1/undo", &[("token", token)]).await.status(), 400);
    let undo = app.link(&john.email, "undo").await;
    let token = undo.split_once("token=").unwrap().1;
    assert_eq!(app.get(&format!("/User1/verify?token={token}")).await.status(), 400);
    john.verify(&app).await.log_in(&app).await;
}
