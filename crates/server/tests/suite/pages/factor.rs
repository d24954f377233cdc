use std::time::Duration;

use super::{Browser, browser::Shown};
use crate::support::{Protected, TestApp};

/// Enters the password, and returns the page that asks for the second factor.
async fn asked(browser: &mut Browser<'_>, john: &Protected) -> Shown {
    let entered = browser.sign_in(&john.person).await;
    assert_eq!(entered.status, 303);
    assert!(entered.location.starts_with("/User1/signin/factor?step="), "{}", entered.location);
    browser.get(&entered.location).await
}

#[tokio::test]
async fn the_code_of_the_app_completes_the_sign_in() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let page = asked(&mut browser, &john).await;
    assert_eq!(page.heading(), "Enter your code");
    assert!(page.body.contains("autocomplete=\"one-time-code\"") && page.shows("john@example.com"));
    assert_eq!(browser.session(), None);

    let wrong = browser.post(&page.form("signin/factor"), &[("code", &john.app.wrong(&app))]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.shows("That code is incorrect or has expired. Enter the current code from your app."));
    let empty = browser.post(&page.form("signin/factor"), &[("code", " ")]).await;
    assert!(empty.shows("Enter the 6-digit code"));

    let code = john.app.next_code(&app);
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let home = browser.submit(&page.form("signin/factor"), &[("code", &typed), ("type", "totp")]).await;
    assert_eq!(home.heading(), "John Doe");
}

#[tokio::test]
async fn a_recovery_code_signs_in_and_the_account_shows_the_remaining_number() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let page = asked(&mut browser, &john).await;
    let other = page.body.split("href=\"").find(|rest| rest.contains("Use a recovery code")).unwrap();
    let other = other.split('"').next().unwrap().replace("&amp;", "&");
    let page = browser.get(&other).await;
    assert_eq!(page.heading(), "Enter a recovery code");
    let wrong =
        browser.post(&page.form("signin/factor"), &[("code", "aaaaa-aaaaa-aaaaa"), ("type", "recovery_code")]).await;
    assert!(wrong.shows("That code is incorrect or was already used"));
    let form = [("code", john.recovery[0].as_str()), ("type", "recovery_code")];
    let home = browser.submit(&page.form("signin/factor"), &form).await;
    assert!(home.shows("You used a recovery code. 9 are left."), "{}", home.body);
}

#[tokio::test]
async fn a_remembered_device_needs_no_code_the_next_time() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let page = asked(&mut browser, &john).await;
    assert!(page.shows("Don't ask again on this device for 30 days"));
    let form = [("code", &*john.app.next_code(&app)), ("type", "totp"), ("remember", "true")];
    browser.submit(&page.form("signin/factor"), &form).await;
    browser.submit("/User1/signout", &[]).await;
    let entered = browser.sign_in(&john.person).await;
    assert_eq!(entered.location, "/User1/account");
}

#[tokio::test]
async fn five_wrong_codes_and_a_late_one_start_again() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut browser = Browser::new(&app);
    let form = asked(&mut browser, &john).await.form("signin/factor");
    for _ in 0..4 {
        assert_eq!(browser.post(&form, &[("code", &john.app.wrong(&app))]).await.status, 422);
    }
    let last = browser.submit(&form, &[("code", &john.app.wrong(&app))]).await;
    assert!(last.shows("Too many wrong codes. Sign in again."));

    let form = asked(&mut browser, &john).await.form("signin/factor");
    app.advance(Duration::from_secs(3601));
    let late = browser.submit(&form, &[("code", &john.app.code(&app))]).await;
    assert!(late.shows("Your sign-in timed out. Start again."));
}

#[tokio::test]
async fn the_second_step_belongs_to_the_browser_of_the_first() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let entered = Browser::new(&app).sign_in(&john.person).await;
    let mut other = Browser::new(&app);
    assert_eq!(other.get(&entered.location).await.status, 303);
    let code = john.app.next_code(&app);
    let taken = other.post(&entered.location, &[("code", &code), ("type", "totp")]).await;
    assert!(taken.location.starts_with("/User1/signin?"), "{}", taken.location);
    assert_eq!(other.session(), None);
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_the_same_time() {
    let app = TestApp::start().await;
    let john = Protected::join(&app, "john@example.com").await;
    let eve = Protected::join(&app, "eve@example.com").await;
    let mut browser = Browser::new(&app);
    let first = asked(&mut browser, &john).await;
    let second = asked(&mut browser, &eve).await;
    assert!(first.shows("john@example.com") && second.shows("eve@example.com"));
    browser.submit(&second.form("signin/factor"), &[("code", &eve.app.next_code(&app)), ("type", "totp")]).await;
    let home = browser.submit(&first.form("signin/factor"), &[("code", &john.app.code(&app)), ("type", "totp")]).await;
    assert!(home.shows("john@example.com"));
}
