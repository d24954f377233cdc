//! Settings that differ between realms.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Person, TestApp, json};

/// A password of ten characters that only a minimum length can refuse.
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
    assert_eq!(refused["errors"][0]["detail"], "A password must have at least 15 characters.");
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
