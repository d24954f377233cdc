use super::Browser;
use crate::support::{Person, TestApp};

const FORM: [(&str, &str); 4] =
    [("first_name", "Ada"), ("last_name", ""), ("email", "ada@example.com"), ("password", "violet teapot hammer")];

#[tokio::test]
async fn sign_up_shows_the_same_page_for_free_and_taken_addresses() {
    let app = TestApp::start().await;
    Person::new("john@example.com").join(&app).await;
    let mut pages = Vec::new();
    for email in ["ada@example.com", "john@example.com"] {
        let mut browser = Browser::new(&app);
        let form = [("email", email), ("password", "violet teapot hammer")];
        let sent = browser.post("/User1/signup", &form).await;
        assert_eq!(sent.status, 303);
        assert!(browser.cookies.contains_key("portcullis_registration"));
        let page = browser.get(&sent.location).await;
        assert_eq!(page.heading(), "Check your email");
        assert!(page.shows(email));
        let at = page.form("signup/resend");
        pages.push(page.body.replace(email, "EMAIL").replace(&at, "AT"));
        let again = browser.submit(&at, &[("action", "resend")]).await;
        assert!(again.shows("Sent. It may take a minute."));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(app.mails_to("ada@example.com").await.len(), 2);
}

#[tokio::test]
async fn the_whole_way_from_sign_up_to_the_account() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signup").await;
    assert!(page.body.contains("autocomplete=\"given-name\"") && page.body.contains("autocomplete=\"new-password\""));
    browser.submit(&page.form("signup"), &FORM).await;
    let link = app.link("ada@example.com", "verify").await;
    let verify = browser.get(&link[app.base.len()..]).await;
    assert_eq!(verify.heading(), "Activate your account");
    app.open(&link).await;
    let ada = Person::new("ada@example.com").with_password("violet teapot hammer");
    let mut browser = Browser::signed_in(&app, &ada).await;
    assert_eq!(browser.get("/User1/account").await.heading(), "Ada");
}

#[tokio::test]
async fn required_fields_are_on_the_form_and_each_problem_is_named() {
    let app = TestApp::with(&[("SIGNUP_REQUIRED", "first_name,phone,country_code")]).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/User1/signup").await;
    for field in ["name=\"phone\"", "autocomplete=\"tel\"", "name=\"country_code\"", ">Germany</option>"] {
        assert!(page.body.contains(field), "{field}");
    }
    assert!(!page.shows("First name (optional)") && page.shows("Last name (optional)"));
    let form = [("email", "ada@example.com"), ("password", "short"), ("phone", "12"), ("country_code", "DE")];
    let refused = browser.post("/User1/signup", &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("Fix 3 things to continue") && refused.body.contains("<title>Error: "));
    for words in ["Enter your first name", "Enter a phone number with country code", "Use at least 8 characters"] {
        assert!(refused.shows(words), "{words}");
    }
    assert!(refused.body.contains("value=\"ada@example.com\"") && refused.body.contains("value=\"DE\" selected"));
    assert!(!refused.body.contains("value=\"short\""));

    let app = TestApp::start().await;
    let refused =
        Browser::new(&app).post("/User1/signup", &[("email", ""), ("password", "violet teapot hammer")]).await;
    assert!(refused.shows("Enter your email address") && !refused.shows("Fix"));
}

#[tokio::test]
async fn if_sign_up_is_closed_the_page_shows_it() {
    let app = TestApp::with(&[("SIGNUP", "closed")]).await;
    let mut browser = Browser::new(&app);
    for page in [browser.get("/User1/signup").await, browser.post("/User1/signup", &FORM).await] {
        assert_eq!((page.status, page.heading()), (403, "Sign-up is closed"));
    }
    assert!(!browser.get("/User1/signin").await.shows("Create an account"));
}

#[tokio::test]
async fn password_reset_shows_the_same_page_for_known_and_unknown_addresses() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut pages = Vec::new();
    for email in [john.email.as_str(), "mary@example.com"] {
        let mut browser = Browser::new(&app);
        let page = browser.get("/User1/signin/forgot").await;
        assert!(page.shows("It works for 30 minutes."));
        let page = browser.submit(&page.form("forgot"), &[("email", email)]).await;
        assert!(page.shows("If there's an account for"));
        let at = page.form("signup/resend");
        pages.push(page.body.replace(email, "EMAIL").replace(&at, "AT"));
    }
    assert_eq!(pages[0], pages[1]);
    app.link(&john.email, "reset_password_form").await;
    assert!(app.mails_to("mary@example.com").await.is_empty());
    let empty = Browser::new(&app).post("/User1/signin/forgot", &[("email", "")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.shows("Enter your email address"));
}
