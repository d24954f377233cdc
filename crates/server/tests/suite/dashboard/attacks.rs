use reqwest::Method;

use super::{Browser, desk, hidden};
use crate::support::{Person, TestApp, admin::REASON, json};

/// The expected policy, verbatim.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn a_form_counts_only_from_a_page_of_the_same_session() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let support = app.admin(&owner, "support@example.com", &["support@User1"]).await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    let mut browser = desk(&app, &owner);
    let path = format!("/admin/realms/User1/users/{}/end-sessions", john.id);
    let token = hidden(&browser.get(&format!("/admin/realms/User1/users/{}", john.id)).await, "token");
    let of_other = hidden(&desk(&app, &support).get("/admin/account").await, "token");
    let sessions = || async {
        let sheet = json(owner.get(&app, &format!("/realms/User1/users/{}", john.id)).await, 200).await;
        sheet["sessions"].as_u64().unwrap()
    };
    let headers: [&[(&str, &str)]; 4] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "https://evil.example")],
        &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")],
    ];
    for headers in headers {
        let mut request = browser.request(Method::POST, &path).form(&[("token", &token)]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refused = browser.keep(request.send().await.unwrap()).await;
        assert_eq!(refused.status, 403, "{headers:?}");
        assert!(refused.shows("This page expired."), "{}", refused.body);
    }
    for token in ["", "wrong", &of_other] {
        assert_eq!(browser.post(&path, &[("token", token)]).await.status, 403, "{token}");
    }
    assert_eq!(browser.post(&path, &[]).await.status, 403);
    assert_eq!(sessions().await, 1);
    // Without a session, a form redirects to the sign-in page and changes nothing.
    assert_eq!(Browser::new(&app).post(&path, &[("token", &token)]).await.location, "/admin/sign-in");
    assert_eq!(sessions().await, 1);
    assert_eq!(browser.post(&path, &[("token", &token)]).await.status, 303);
    assert_eq!(sessions().await, 0);

    let foreign = app.request(Method::POST, "/admin/sign-in").header("Origin", "https://evil.example");
    let foreign = foreign.form(&[("email", "owner@example.com"), ("password", "violet-teapot-hammer")]);
    assert_eq!(foreign.send().await.unwrap().status(), 403, "no one is signed in by another site");
}

#[tokio::test]
async fn pages_have_the_policy_and_open_by_the_cookie_alone() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = desk(&app, &owner);
    for path in
        ["/admin", "/admin/sign-in", "/admin/realms/User1/users", "/admin/realms/User1/users/unknown", "/admin/nodes"]
    {
        let page = browser.get(path).await;
        if page.status != 303 {
            assert_eq!(page.headers["content-security-policy"], POLICY, "{path}");
            assert_eq!(page.headers["cache-control"], "no-store", "{path}");
            for forbidden in ["<style", "style=\"", "onclick", "<script>", "javascript:", "https://"] {
                assert!(!page.body.contains(forbidden), "{path}: {forbidden}");
            }
        }
    }
    let made = owner.post(&app, "/admin-keys", serde_json::json!({"name": "k", "grants": ["owner@*"]})).await;
    let key = json(made, 201).await["key"].as_str().unwrap().to_owned();
    let token = john.log_in(&app).await;
    for bearer in [&key, &token] {
        let answer = app.request(Method::GET, "/admin").bearer_auth(bearer).send().await.unwrap();
        assert_eq!(answer.status(), 303, "keys and tokens open no page");
    }
    let mut script = browser.get("/assets/dashboard.js").await;
    assert!(script.body.len() <= 12 * 1024 && script.headers["content-type"].to_str().unwrap().contains("javascript"));
    script = browser.get("/assets/dashboard.css").await;
    assert!(script.body.len() <= 24 * 1024, "{}", script.body.len());
}

#[tokio::test]
async fn where_administration_is_off_or_away_there_is_no_dashboard() {
    for settings in [("ADMIN", "off"), ("ADMIN_NETWORKS", "192.0.2.0/24"), ("ADMIN_LISTEN", "127.0.0.1:0")] {
        let app = TestApp::with(&[settings]).await;
        let mut browser = Browser::new(&app);
        for path in ["/admin", "/admin/sign-in", "/admin/signin", "/admin/realms/User1/users"] {
            assert_eq!(browser.get(path).await.status, 404, "{settings:?} {path}");
        }
        assert_eq!(browser.post("/admin/sign-in", &[("email", "a@example.com")]).await.status, 404, "{settings:?}");
    }
}

#[tokio::test]
async fn user_input_is_escaped_and_not_part_of_urls() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut browser = desk(&app, &owner);
    let hostile = "\"><script>alert(1)</script>";
    let page = browser.get("/admin/realms/User1/users").await;
    let found = browser.send(&page, "/admin/realms/User1/users", &[("q", hostile)]).await;
    assert!(!found.body.contains("<script>alert"), "{}", found.body);
    let form = browser.fill("/admin/realms/User1/invite", &[("email", hostile), ("first_name", hostile)]).await;
    assert_eq!(form.status, 422);
    assert!(!form.body.contains("<script>alert") && form.shows("Enter a full email address"));
    let invited =
        browser.fill("/admin/realms/User1/invite", &[("email", "ada@example.com"), ("first_name", "Ada")]).await;
    assert_eq!(invited.status, 303, "{}", invited.body);
    assert!(!invited.location.contains("ada"), "{}", invited.location);
    let user = browser.get(&invited.location).await;
    for href in user.body.split("href=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0) {
        assert!(!href.contains("example.com") && !href.contains("Ada"), "{href}");
    }
    assert!(user.shows("Invitation sent.") && user.shows("Invited"));
    let locked = browser.fill("/admin/realms/User1/end-sessions", &[("reason", REASON)]).await;
    assert_eq!(locked.status, 303, "{}", locked.body);
    assert!(browser.get("/admin/realms/User1?done=%3Cb%3E").await.location.ends_with("/users"));
}
