//! All steps from registration to logout, as in the README.

use crate::support::{Person, TestApp, json, problem};

#[tokio::test]
async fn a_user_registers_verifies_logs_in_reads_the_profile_and_logs_out() {
    let app = TestApp::start().await;
    let john = Person::new("john.doe@example.com").register(&app).await;

    problem(app.login("User1", &john.email, &john.password).await, 403).await;
    let john = john.verify(&app).await;
    let token = john.log_in(&app).await;

    let profile = json(app.get_as(&token, &format!("/User1/?id={}", john.id)).await, 200).await;
    assert_eq!(profile["id"], john.id.as_str());
    assert_eq!(profile["first_name"], "John");
    assert_eq!(profile["email"], "john.doe@example.com");
    assert_eq!(profile["phone"], "+1234567890");
    assert_eq!(profile["country_code"], "US");
    assert_eq!(profile["country"], "United States");
    assert_eq!(profile["is_email_verified"], true);
    assert_eq!(profile["is_phone_verified"], false);
    assert_eq!(profile["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(profile.as_object().unwrap().len(), 16);

    let bye = json(app.get_as(&token, "/User1/logout").await, 200).await;
    assert_eq!(bye["message"], "Logout successfully");
    problem(app.get_as(&token, "/User1/").await, 401).await;
}

#[tokio::test]
async fn every_alias_of_a_route_is_the_same_route() {
    let app = TestApp::start().await;
    let token = Person::new("john.doe@example.com").join(&app).await.log_in(&app).await;
    for path in ["/User1", "/User1/", "/v1/User1", "/v1/User1/", "/User1/me", "/v1/User1/me"] {
        json(app.get_as(&token, path).await, 200).await;
    }
    problem(app.get_as(&token, "/v2/User1/me").await, 404).await;
    problem(app.get_as(&token, "/user1/me").await, 404).await;
}
