//! Settings that differ between realms.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Person, TestApp, json};

/// A password of ten characters that only a minimum length can reject.
const TEN: &str = "quiet rook";

async fn two_realms(more: &[(&str, &str)]) -> TestApp {
    let settings = [&[("REALMS", "User1,User2")], more].concat();
    TestApp::with(&settings).await
}

#[tokio::test]
async fn a_password_is_judged_by_the_rules_of_its_realm() {
    let app = two_realms(&[("REALM_USER2_PASSWORD_MIN_LENGTH", "15")]).await;
    let john = Person::new("john@example.org").with_password(TEN);
    json(app.post_json("/User1/create", john.form()).await, 200).await;
    let refused = json(app.post_json("/User2/create", john.form()).await, 422).await;
    assert_eq!(refused["errors"][0]["code"], "password.too_short");
    assert_eq!(refused["errors"][0]["detail"], "The password must be at least 15 characters long.");
}

#[tokio::test]
async fn a_reset_link_lives_as_long_as_its_realm_says() {
    let app = two_realms(&[("REALM_USER2_RESET_TTL", "10m")]).await;
    for (realm, status) in [("User1", 200), ("User2", 400)] {
        let email = format!("ada-{realm}@example.org").to_lowercase();
        let ada = Person::new(&email).of(realm).register(&app).await.verify(&app).await;
        app.post_form(&ada.path("forget_password"), &[("email", &email)]).await;
        let link = app.link(&email, "reset_password_form").await;
        app.advance(Duration::from_secs(20 * 60));
        assert_eq!(app.open(&link).await.status(), status, "{realm}");
    }
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_its_realm_says() {
    let app = two_realms(&[("REALM_USER2_ACCESS_TOKEN_TTL", "5m")]).await;
    for (realm, seconds) in [("User1", 1800), ("User2", 300)] {
        let john = Person::new("john@example.org").of(realm).register(&app).await.verify(&app).await;
        let form = [("username", john.email.as_str()), ("password", john.password.as_str())];
        let tokens: Value = json(app.post_form(&john.path("login"), &form).await, 200).await;
        assert_eq!(tokens["expires_in"], seconds, "{realm}");
    }
}

#[tokio::test]
async fn a_realm_may_have_templates_of_its_own() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("pages")).unwrap();
    std::fs::write(folder.path().join("pages/reset_failed.html"), "<p>The page of a realm</p>").unwrap();
    let app = two_realms(&[("REALM_USER2_TEMPLATES_DIR", folder.path().to_str().unwrap())]).await;
    for (realm, is_own) in [("User1", false), ("User2", true)] {
        let page = app.get(&format!("/{realm}/reset_password_form?token=none")).await.text().await.unwrap();
        assert_eq!(page.contains("The page of a realm"), is_own, "{realm}: {page}");
    }
}

#[tokio::test]
async fn pages_and_emails_lead_to_the_application_of_their_realm() {
    let own = "https://two.example.org/start?from=mail#top";
    let app = two_realms(&[("APP_URL", "https://one.example.org"), ("REALM_USER2_APP_URL", own)]).await;
    for (realm, url, other) in [("User1", "https://one.example.org", own), ("User2", own, "https://one.example.org")] {
        let email = format!("ada-{realm}@example.org").to_lowercase();
        let ada = Person::new(&email).of(realm).register(&app).await;
        let verified = app.open(&app.link(&email, "verify").await).await.text().await.unwrap();
        app.post_form(&ada.path("forget_password"), &[("email", &email)]).await;
        let form = app.link(&email, "reset_password_form").await;
        let form_page = app.open(&form).await.text().await.unwrap();
        let reset = form.replace("reset_password_form", "reset_password");
        let done = app.http.post(&reset).form(&[("password", "violet-teapot-hammer")]).send().await.unwrap();
        let done = done.text().await.unwrap();
        for page in [&verified, &done] {
            assert!(
                html(page).contains(&format!("<a class=\"button main\" href=\"{url}\">Continue to Portcullis</a>")),
                "{page}"
            );
        }
        assert!(html(&form_page).contains(&format!("<a href=\"{url}\">Go to Portcullis</a>")), "{form_page}");
        let mails = app.mails_to(&email).await;
        assert_eq!(mails.len(), 4, "confirmation, welcome, reset, changed");
        for mail in mails {
            let (text, page) = (mail["text"].as_str().unwrap(), html(mail["html"].as_str().unwrap()));
            assert!(text.contains(url) && page.contains(&format!("href=\"{url}\"")), "{mail}");
            assert!(!text.contains(other) && !page.contains(other), "{mail}");
        }
    }
}

#[tokio::test]
async fn without_an_address_of_the_application_nothing_leads_there() {
    let app = TestApp::start().await;
    let ada = Person::new("ada@example.org").join(&app).await;
    let page = app.get("/User1/verify?token=none").await.text().await.unwrap();
    assert!(!page.contains("Go to Portcullis"), "{page}");
    for mail in app.mails_to(&ada.email).await {
        assert!(mail["text"].as_str().unwrap().trim_end().ends_with("2026"), "{mail}");
    }
}

/// Unescapes the text of a page.
fn html(page: &str) -> String {
    page.replace("&#x2f;", "/").replace("&amp;", "&")
}
