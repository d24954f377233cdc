use super::Browser;
use crate::support::{Person, Protected, TestApp};

const ON: &[(&str, &str)] = &[("EMAIL_SIGNIN", "code")];

async fn code(app: &TestApp, email: &str) -> String {
    app.mails_to(email).await[0]["code"].as_str().unwrap().to_owned()
}

/// Requests a code on the pages, and returns the path of the page that asks for it.
async fn request(browser: &mut Browser<'_>, email: &str) -> String {
    let signin = browser.get("/User1/account/sessions").await;
    let page = browser.get(&signin.location).await;
    let path = page
        .body
        .split("href=\"")
        .map(|rest| rest.split('"').next().unwrap())
        .find(|href| href.contains("/signin/code"));
    let page = browser.get(&path.unwrap().replace("&amp;", "&")).await;
    assert_eq!(page.heading(), "Sign in by email");
    let empty = browser.post(&page.form("signin/code"), &[("action", "send"), ("email", "")]).await;
    assert_eq!(empty.status, 422);
    let sent = browser.post(&page.form("signin/code"), &[("action", "send"), ("email", email)]).await;
    assert_eq!(sent.status, 303);
    sent.location
}

#[tokio::test]
async fn a_mailed_code_signs_a_browser_in_and_goes_on() {
    let app = TestApp::with(ON).await;
    Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let path = request(&mut browser, "john@example.com").await;
    let page = browser.get(&path).await;
    assert_eq!(page.heading(), "Check your email");
    assert!(page.shows("john@example.com") && page.body.contains("one-time-code"));
    let code = code(&app, "john@example.com").await;
    let none = browser.post(&page.form("signin/code"), &[("action", "sign_in"), ("code", "")]).await;
    assert!(none.status == 422 && none.shows("Enter the 6-digit code"));
    let wrong = browser.post(&page.form("signin/code"), &[("action", "sign_in"), ("code", "000000")]).await;
    assert!(wrong.status == 422 && wrong.shows("That code is incorrect or has expired. Request a new one."));
    let entered = browser.post(&page.form("signin/code"), &[("action", "sign_in"), ("code", &code)]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account/sessions"));
    assert_eq!(browser.get("/User1/account").await.status, 200);

    // An unknown address sees the same.
    let mut other = Browser::new(&app);
    let path = request(&mut other, "nemo@example.com").await;
    let page = other.get(&path).await;
    assert!(page.heading() == "Check your email" && page.shows("nemo@example.com"));
    let again = other.post(&page.form("signin/code"), &[("action", "send")]).await;
    assert!(other.get(&again.location).await.shows("Sent. It may take a minute."));
    assert!(app.mails_to("nemo@example.com").await.is_empty());
}

#[tokio::test]
async fn the_mailed_link_names_the_address_and_signs_in_by_its_button_once() {
    let app = TestApp::with(ON).await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut asked = Browser::new(&app);
    request(&mut asked, "john@example.com").await;
    let link = app.link(&john.email, "signin/code").await;
    let path = link.strip_prefix(&app.base).unwrap();

    // Opening it, in whatever browser, spends nothing.
    for _ in 0..2 {
        let mut scanner = Browser::new(&app);
        let opened = scanner.get(path).await;
        assert!(opened.status == 303 && !opened.location.contains("token="), "the token leaves the address bar");
        let page = scanner.get(&opened.location).await;
        assert!(page.heading() == "Sign in to Portcullis?" && page.shows("john@example.com"));
    }
    let opened = asked.get(path).await;
    let page = asked.get(&opened.location).await;
    let entered = asked.post(&page.form("signin/code"), &[("action", "sign_in")]).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account/sessions"), "where it was begun");
    let spent = asked.get(path).await;
    assert_eq!(spent.status, 400);
    assert!(spent.shows("This link no longer works"), "{}", spent.body);
    let again = asked.post(&page.form("signin/code"), &[("action", "sign_in")]).await;
    assert_eq!(again.status, 400);
}

#[tokio::test]
async fn another_browser_signs_in_by_the_link_and_ends_at_the_account() {
    let app = TestApp::with(ON).await;
    let john = Protected::join(&app, "john@example.com").await;
    let mut first = Browser::new(&app);
    let path = request(&mut first, "john@example.com").await;
    let link = app.link(&john.person.email, "signin/code").await;
    let mut phone = Browser::new(&app);
    // The first browser's `continue`, added to the link, leads nowhere.
    let next = path.split(['?', '&']).find(|pair| pair.starts_with("continue=")).unwrap();
    let opened = phone.get(&format!("{}&{next}", link.strip_prefix(&app.base).unwrap())).await;
    let page = phone.get(&opened.location).await;
    let asked = phone.post(&page.form("signin/code"), &[("action", "sign_in")]).await;
    let page = phone.get(&asked.location).await;
    assert_eq!(page.heading(), "Enter your code");
    app.advance(std::time::Duration::from_secs(60));
    let form = [("type", "totp"), ("code", john.app.code(&app).as_str()), ("action", "continue")]
        .map(|(name, value)| (name, value.to_owned()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let entered = phone.post(&page.form("signin/factor"), &form).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"));
}
