//! The offer of a passkey after a sign-in.

use std::time::Duration;

use portcullis_core::{factor::passkey::KeyAlgorithm, suite::authenticator::SoftPasskey};

use super::{Browser, browser::Shown};
use crate::support::{
    Person, TestApp,
    passkeys::{ORIGIN, RP_ID},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Signs in with the password in a browser with this passkey support.
async fn enter(browser: &mut Browser<'_>, john: &Person, passkeys: &str) -> Shown {
    let form = [("email", john.email.as_str()), ("password", &john.password), ("passkeys", passkeys)];
    browser.post("/User1/signin", &form).await
}

#[tokio::test]
async fn a_passkey_is_offered_at_most_every_thirty_days_and_not_after_three_refusals() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    for unable in ["", "true", "other"] {
        assert_eq!(enter(&mut browser, &john, unable).await.location, "/User1/account", "{unable}");
        browser.submit("/User1/signout", &[]).await;
    }
    for times in 1..=3 {
        let entered = enter(&mut browser, &john, "platform").await;
        assert_eq!(entered.location, "/User1/signin/passkey");
        let page = browser.get(&entered.location).await;
        assert_eq!(page.heading(), "Sign in faster next time");
        assert!(page.shows("You can add one later in your account, under Security."));
        let line = page.headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
        assert!(line.contains("Max-Age=31536000; HttpOnly; SameSite=Lax"), "{line}");
        browser.submit("/User1/signout", &[]).await;
        assert_eq!(enter(&mut browser, &john, "platform").await.location, "/User1/account", "offered today");
        let declined = browser.post("/User1/signin/passkey", &[("action", "deny")]).await;
        assert_eq!((declined.status, declined.location.as_str()), (303, "/User1/account"));
        assert!(browser.cookies["portcullis_not_now_User1"].starts_with(&format!("{times}.")));
        browser.submit("/User1/signout", &[]).await;
        app.advance(30 * DAY);
    }
    assert_eq!(enter(&mut browser, &john, "platform").await.location, "/User1/account", "declined three times");
}

#[tokio::test]
async fn the_offer_creates_a_passkey_and_redirects_to_the_target_of_the_sign_in() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let asked = browser.get("/User1/account/sessions").await.location;
    let form = [("email", john.email.as_str()), ("password", &john.password), ("passkeys", "platform")];
    let offer = browser.post(&asked, &form).await.location;
    assert!(offer.starts_with("/User1/signin/passkey?continue="), "{offer}");
    let page = browser.get(&offer).await;
    let form = page.form("signin/passkey");
    let failed = browser.post(&form, &[("type", "passkey"), ("credential", "UnknownError")]).await;
    assert_eq!(failed.status, 422);
    assert!(failed.shows("We couldn't create a passkey. Try again, or add one later."));
    let options = browser.ask(&form).await;
    let mut passkey = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
    let made = browser.give(&form, &passkey.create(&options).json(), &[]).await;
    let page = browser.get(&made.location).await;
    assert_eq!(page.heading(), "Passkey created");
    let next = page.body.split("<a class=\"button main\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.get(&next.replace("&amp;", "&")).await.location, "/User1/account/sessions");
    // An account with a passkey is not asked again on any device.
    let mut other = Browser::new(&app);
    assert_eq!(enter(&mut other, &john, "platform").await.location, "/User1/signin/passkey");
    assert_eq!(other.get("/User1/signin/passkey").await.location, "/User1/account");
    // The same applies if the sign-in was some time ago.
    let jane = Person::new("jane@example.com").join(&app).await;
    let mut late = Browser::signed_in(&app, &jane).await;
    app.advance(Duration::from_secs(1200));
    assert_eq!(late.get("/User1/signin/passkey").await.location, "/User1/account");
}
