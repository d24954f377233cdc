use std::time::Duration;

use serde_json::json;

use super::{Browser, desk, hidden};
use crate::support::{Authenticator, TestApp, admin::PASSWORD};

const HOME: &str = "/admin";

#[tokio::test]
async fn the_first_owner_is_led_from_the_empty_server_to_the_overview() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let first = browser.get("/admin/").await;
    assert_eq!((first.status, first.location.as_str()), (303, "/admin/sign-in"));
    let begin = browser.get("/admin/sign-in").await;
    assert_eq!(begin.heading(), "Set up Portcullis");
    assert!(begin.shows("portcullis admins invite"));

    let (_, invited) = app.command(&["admins", "invite", "owner@example.com", "--role", "owner", "--print"]).await;
    let link = invited["invitation_url"].as_str().unwrap().replace(&app.base, "");
    let form = browser.get(&link).await;
    assert_eq!((form.status, form.heading()), (200, "Choose a new password"));
    assert!(form.shows("Portcullis"), "the page of administrators has no brand of an application");
    let chosen = browser.post(&link.replace("reset_password_form", "reset_password"), &[("password", PASSWORD)]).await;
    assert_eq!(chosen.heading(), "Password changed");
    assert!(chosen.body.contains("href=\"/admin/signin\""));
    assert_eq!(browser.get("/admin/signin").await.location, "/admin/sign-in");

    let page = browser.get("/admin/sign-in?next=%2Frealms%2FUser1%2Fusers").await;
    assert_eq!(page.heading(), "Administration");
    let wrong =
        browser.send(&page, "/admin/sign-in", &[("email", "owner@example.com"), ("password", "wrong-password")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("<title>Error: ") && wrong.body.contains("value=\"owner@example.com\""));
    assert!(!wrong.body.contains("wrong-password"));
    let empty = browser.send(&page, "/admin/sign-in", &[("email", ""), ("password", "")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.shows("Enter your email address") && empty.shows("Enter your password"));
    let entered =
        browser.send(&wrong, "/admin/sign-in", &[("email", "owner@example.com"), ("password", PASSWORD)]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/admin/realms/User1/users"));
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(browser.get("/admin/sign-in").await.location, HOME, "a signed-in administrator continues");

    let account = browser.get("/admin/account").await;
    assert!(account.shows("owner@example.com"));
    let out = browser.send(&account, "/admin/sign-out", &[]).await;
    assert_eq!((out.status, out.location.as_str()), (303, "/admin/sign-in"));
    assert!(!browser.cookies.contains_key("portcullis_admin"));
    assert_eq!(
        browser.get("/admin/realms/User1/users?status=locked").await.location,
        "/admin/sign-in?next=%2Frealms%2FUser1%2Fusers%3Fstatus%3Dlocked"
    );
}

#[tokio::test]
async fn the_token_of_the_first_owner_is_valid_for_thirty_minutes() {
    let mut app = TestApp::start().await;
    let token = app.setup_token().await;
    let app = app.restart().await;
    let mut browser = Browser::new(&app);
    let expired = "This setup code is incorrect, has expired or was used.";
    let (email, short) = (("email", "owner@example.com"), ("password", "short"));
    app.advance(Duration::from_secs(30 * 60 - 1));
    let refused = browser.post("/admin/setup", &[("setup_token", &token), email, short]).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.shows(expired), "only the password is refused: {}", refused.body);
    app.advance(Duration::from_secs(1));
    let refused = browser.post("/admin/setup", &[("setup_token", &token), email, ("password", PASSWORD)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows(expired), "{}", refused.body);
    assert_eq!(browser.get("/admin/sign-in").await.heading(), "Set up Portcullis", "there is no owner");
}

#[tokio::test]
async fn a_limit_reached_by_a_sign_in_on_a_page_has_a_row_in_the_audit_trail() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_ADMIN_SIGN_IN_CLIENT", "2/1m")]).await;
    let _owner = app.owner().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/admin/sign-in").await;
    for status in [401, 401, 429] {
        let wrong = [("email", "owner@example.com"), ("password", "another-long-password")];
        assert_eq!(browser.send(&page, "/admin/sign-in", &wrong).await.status, status);
    }
    let rows: Vec<_> = app.audit("admin").await.into_iter().filter(|row| row.event == "limit_reached").collect();
    let rules: Vec<_> = rows.iter().map(|row| row.rule.as_deref()).collect();
    assert_eq!(rules, [Some("LIMIT_ADMIN_SIGN_IN_CLIENT")]);
}

#[tokio::test]
async fn a_second_factor_is_set_up_and_asked_for() {
    let app = TestApp::with(&[("ADMIN_MFA", "required")]).await;
    let owner = app.owner().await;
    let mut browser = desk(&app, &owner);
    for path in ["/admin", "/admin/realms/User1/users", "/admin/admins"] {
        assert_eq!(browser.get(path).await.location, "/admin/account/two-step", "{path}");
    }
    let page = browser.get("/admin/account/two-step").await;
    assert!(page.shows("Administrators need a second factor here."));
    let offer = browser.send(&page, "/admin/account/two-step", &[]).await;
    assert!(offer.body.contains("<svg") && offer.shows("Enter the 6-digit code from the app"));
    let kept = ["enrolment", "uri", "secret"].map(|name| (name, hidden(&offer, name)));
    let with = |code: &'static str| {
        kept.iter().map(|(name, value)| (*name, value.as_str())).chain([("code", code)]).collect::<Vec<_>>()
    };
    let phone = Authenticator::of(&json!({ "secret": hidden(&offer, "secret") }));
    let again = browser.send(&page, "/admin/account/two-step", &with(phone.wrong(&app).leak())).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("<svg") && again.shows("That code is incorrect"), "{}", again.body);
    let codes = browser.send(&page, "/admin/account/two-step", &with(phone.code(&app).leak())).await;
    assert_eq!(codes.heading(), "Two-step verification is on");
    let listed = codes.body.split_once("id=\"codes\"").unwrap().1;
    assert_eq!(listed.split_once("</ul>").unwrap().0.matches("<li>").count(), 10);
    assert_eq!(browser.get(HOME).await.status, 200);

    let mut other = Browser::new(&app);
    let page = other.get("/admin/sign-in").await;
    let asked = other.send(&page, "/admin/sign-in", &[("email", "owner@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(asked.heading(), "Enter your code");
    assert!(other.cookies.is_empty());
    let wrong = other.send(&asked, "/admin/sign-in", &[("code", &phone.wrong(&app))]).await;
    assert_eq!((wrong.status, wrong.heading()), (422, "Enter your code"));
    app.advance(Duration::from_secs(60));
    let entered = other.send(&wrong, "/admin/sign-in", &[("code", &phone.code(&app))]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, HOME));
}
