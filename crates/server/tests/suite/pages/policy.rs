//! Realms in which every account needs two factors.

use data_encoding::BASE32_NOPAD;
use portcullis_core::{factor::passkey::KeyAlgorithm, suite::authenticator::SoftPasskey};
use serde_json::json;

use super::Browser;
use crate::support::{
    Authenticator, Person, TestApp,
    passkeys::{ORIGIN, RP_ID},
};

#[tokio::test]
async fn who_has_no_factor_sets_up_an_app_while_signing_in_and_saves_recovery_codes() {
    let app = TestApp::with(&[("MFA_POLICY", "required")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let entered = browser.sign_in(&john).await;
    assert!(entered.location.starts_with("/User1/signin/enroll?enroll="), "{}", entered.location);
    let page = browser.get(&entered.location).await;
    assert_eq!(page.heading(), "Set up an authenticator app");
    let key = page.body.split_once("id=\"key\" dir=\"ltr\">").unwrap().1.split_once('<').unwrap().0.replace(' ', "");
    assert!(BASE32_NOPAD.decode(key.as_bytes()).is_ok());
    let phone = Authenticator::of(&json!({ "secret": key }));
    let form = page.form("signin/enroll");
    let wrong = browser.post(&form, &[("code", &phone.wrong(&app))]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.shows("That code is incorrect or has expired."));
    assert_eq!(browser.session(), None);
    let codes = browser.submit(&form, &[("code", &phone.code(&app))]).await;
    assert_eq!(codes.heading(), "Save your recovery codes");
    assert_eq!(browser.get("/User1/account").await.heading(), "John Doe");
}

#[tokio::test]
async fn a_passkey_can_be_the_first_factor_of_a_sign_in() {
    for methods in ["passkey,totp,recovery_code", "passkey"] {
        let app = TestApp::with(&[("MFA_POLICY", "required"), ("MFA_METHODS", methods)]).await;
        let john = Person::new("john@example.com").join(&app).await;
        let mut browser = Browser::new(&app);
        let entered = browser.sign_in(&john).await;
        let page = browser.get(&entered.location).await;
        assert!(page.shows("Create a passkey"), "{}", page.body);
        let form = page.form("signin/enroll");
        let failed = browser.post(&form, &[("type", "passkey"), ("credential", "NotSupportedError")]).await;
        assert!(failed.status == 422 && failed.shows("We couldn't create a passkey. Try again"), "{}", failed.body);
        let options = browser.ask(&form).await;
        let mut passkey = SoftPasskey::new(KeyAlgorithm::Es256, RP_ID, ORIGIN);
        let made = browser.give(&form, &passkey.create(&options).json(), &[]).await;
        assert_eq!(made.status, 303, "{}", made.body);
        assert!(browser.session().is_some());
        assert_eq!(browser.get("/User1/account").await.heading(), "John Doe");
    }
}
