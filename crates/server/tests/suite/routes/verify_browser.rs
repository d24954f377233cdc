//! The verification link in a browser, where opening it changes nothing, because mail scanners open links.

use reqwest::{Method, Response, header::SET_COOKIE};
use serde_json::json;

use crate::support::{Person, TestApp, json, problem};

const NAVIGATION: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SCRIPT: &str = "/assets/activate.js";

async fn get(app: &TestApp, link: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.request(Method::GET, link.strip_prefix(&app.base).unwrap());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn is_active(app: &TestApp, person: &Person) -> bool {
    let status = app.login(&person.realm, &person.email, &person.password).await.status();
    assert!(status == 200 || status == 403, "{status}");
    status == 200
}

/// Registers like a page's script does, and returns the cookie, if one is set.
async fn sign_up(app: &TestApp, person: &Person, headers: &[(&str, &str)]) -> Option<String> {
    let mut request = app.request(Method::POST, &person.path("create")).json(&person.form());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_browser_gets_a_page_with_a_button_and_changes_nothing() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    for headers in [
        &[("Accept", NAVIGATION)][..],
        &[("Accept", "text/html")],
        &[("User-Agent", FIREFOX)],
        &[("Sec-Fetch-Mode", "navigate")],
        &[("Accept", NAVIGATION), ("User-Agent", FIREFOX), ("Sec-Fetch-Mode", "navigate")],
        &[("User-Agent", "Mozilla/5.0 (compatible; a scanner of mails)"), ("Accept", "*/*")],
    ] {
        let page = get(&app, &link, headers).await;
        assert_eq!(page.status(), 200, "{headers:?}");
        assert!(!page.headers()["content-security-policy"].to_str().unwrap().contains("script-src"), "{headers:?}");
        let html = page.text().await.unwrap();
        assert!(html.contains("Activate account") && html.contains(r#"action="verify""#), "{html}");
        assert!(html.contains("john@example.com") && html.contains("/undo?token="), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert!(!is_active(&app, &john).await, "{headers:?}");
    }
    // The button is pressed.
    assert_eq!(app.open(&link).await.status(), 200);
    assert!(is_active(&app, &john).await);
}

#[tokio::test]
async fn a_client_that_is_not_a_browser_or_asks_for_json_verifies_immediately() {
    let app = TestApp::start().await;
    for (number, headers) in [
        &[][..],
        &[("Accept", "*/*"), ("User-Agent", "curl/8.16.0")],
        &[("Accept", "application/json")],
        &[("Accept", "application/json"), ("User-Agent", FIREFOX), ("Sec-Fetch-Mode", "cors")],
        &[("Accept", "text/html, application/json;q=0.1"), ("User-Agent", FIREFOX)],
    ]
    .into_iter()
    .enumerate()
    {
        let john = Person::new(&format!("john{number}@example.com")).register(&app).await;
        let link = app.link(&john.email, "verify").await;
        assert_eq!(get(&app, &link, headers).await.status(), 200, "{headers:?}");
        assert!(is_active(&app, &john).await, "{headers:?}");
    }
}

#[tokio::test]
async fn head_and_prefetch_never_verify() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com");
    let cookie = sign_up(&app, &john, &[("User-Agent", FIREFOX)]).await.unwrap();
    let link = app.link(&john.email, "verify").await;
    for (name, value) in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("Purpose", "Prefetch"),
    ] {
        for accept in ["application/json", "*/*", "text/html"] {
            let answer = get(&app, &link, &[(name, value), ("Accept", accept), ("Cookie", &cookie)]).await;
            assert_eq!(answer.status(), 200, "{name}: {value}, {accept}");
            // A prerendered page runs its scripts.
            assert!(!answer.text().await.unwrap().contains("<script"), "{name}: {value}, {accept}");
        }
    }
    for accept in ["application/json", "*/*", "text/html"] {
        let path = link.strip_prefix(&app.base).unwrap();
        let head = app.request(Method::HEAD, path).header("Accept", accept).header("Cookie", &cookie);
        assert_eq!(head.send().await.unwrap().status(), 200);
    }
    assert!(!is_active(&app, &john).await);
}

#[tokio::test]
async fn the_button_leads_back_to_the_link_which_shows_success() {
    let app = TestApp::start().await;
    for as_json in [false, true] {
        let john = Person::new(&format!("john-{as_json}@example.com")).register(&app).await;
        let link = app.link(&john.email, "verify").await;
        let (url, token) = link.split_once("?token=").unwrap();
        for _ in 0..2 {
            let button = app.http.post(url);
            let button = if as_json { button.json(&json!({"token": token})) } else { button.form(&[("token", token)]) };
            let answer = button.send().await.unwrap();
            assert_eq!(answer.status(), 303);
            let target = answer.url().join(answer.headers()["location"].to_str().unwrap()).unwrap();
            assert_eq!(target.as_str(), link);
        }
        assert!(is_active(&app, &john).await);
        let page = app.visit(&link).await.text().await.unwrap();
        assert!(page.contains("Email confirmed") && !page.contains("<form"), "{page}");
        let answer = json(get(&app, &link, &[("Accept", "application/json")]).await, 200).await;
        assert_eq!(answer["message"], "Email verified successfully");
    }
}

#[tokio::test]
async fn a_bad_token_is_rejected_by_page_and_button() {
    let app = TestApp::start().await;
    let page = app.visit(&format!("{}/User1/verify?token=junk", app.base)).await;
    assert_eq!(page.status(), 400);
    assert!(page.text().await.unwrap().contains("This link no longer works"));
    for form in [&[("token", "junk")][..], &[]] {
        let refused = app.post_form("/User1/verify", form).await;
        assert_eq!(refused.status(), 400);
        let request = app.request(Method::POST, "/User1/verify").header("Accept", "application/json").form(form);
        assert_eq!(problem(request.send().await.unwrap(), 400).await["code"], "link.invalid");
    }
}

#[tokio::test]
async fn the_page_submits_itself_in_the_browser_of_the_sign_up_only() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com");
    let cookie = sign_up(&app, &john, &[("User-Agent", FIREFOX), ("Sec-Fetch-Site", "same-origin")]).await.unwrap();
    for part in ["portcullis_registration=", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let link = app.link(&john.email, "verify").await;
    let mine = cookie.split(';').next().unwrap();
    let page = get(&app, &link, &[("Accept", NAVIGATION), ("Cookie", mine)]).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(page.text().await.unwrap().contains(SCRIPT));
    let script = app.get(SCRIPT).await;
    assert_eq!(
        (script.status().as_u16(), script.headers()["content-type"].to_str().unwrap()),
        (200, "text/javascript; charset=utf-8")
    );
    // Rendering the page does not activate the account.
    assert!(!is_active(&app, &john).await);

    // The cookies of another registration, of a taken address and of another realm do not match.
    let eve = Person::new("eve@example.com");
    let others = [
        sign_up(&app, &eve, &[("User-Agent", FIREFOX)]).await.unwrap(),
        sign_up(&app, &john.clone().of("User2"), &[("User-Agent", FIREFOX)]).await.unwrap(),
        "portcullis_registration=".to_owned(),
        "portcullis_registration=junk".to_owned(),
    ];
    for other in others {
        let cookie = other.split(';').next().unwrap();
        assert_ne!(cookie, mine);
        let page = get(&app, &link, &[("Accept", NAVIGATION), ("Cookie", cookie)]).await;
        assert!(!page.text().await.unwrap().contains("<script"), "{cookie}");
    }
}

#[tokio::test]
async fn free_and_taken_addresses_set_the_cookie_alike_and_programs_and_other_sites_get_none() {
    let app = TestApp::start().await;
    let taken = Person::new("taken@example.com").join(&app).await;
    let free = Person::new("free@example.com");
    let mut cookies = Vec::new();
    for person in [&taken, &free, &taken, &free] {
        let cookie = sign_up(&app, person, &[("User-Agent", FIREFOX)]).await.unwrap();
        let (value, rest) = cookie.split_once(';').unwrap();
        cookies.push((value.len(), rest.to_owned()));
    }
    assert!(cookies.iter().all(|cookie| *cookie == cookies[0]), "{cookies:?}");
    for headers in [&[][..], &[("User-Agent", FIREFOX), ("Sec-Fetch-Site", "cross-site")]] {
        assert_eq!(sign_up(&app, &free, headers).await, None, "{headers:?}");
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_secure_and_of_this_host() {
    let https = [("PUBLIC_URL", "https://accounts.example.com"), ("ENVIRONMENT", "development")];
    let app = TestApp::with(&https).await;
    let cookie = sign_up(&app, &Person::new("john@example.com"), &[("User-Agent", FIREFOX)]).await.unwrap();
    assert!(cookie.starts_with("__Host-portcullis_registration=") && cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_contested_address_keeps_its_form_in_every_browser() {
    let app = TestApp::start().await;
    let first = Person::new("john@example.com").register(&app).await;
    let other = first.clone().with_password("another good phrase");
    let cookie = sign_up(&app, &other, &[("User-Agent", FIREFOX)]).await.unwrap();
    let link = app.link(&first.email, "verify").await;
    for headers in [&[("Accept", NAVIGATION)][..], &[("Accept", NAVIGATION), ("Cookie", &cookie)]] {
        let html = get(&app, &link, headers).await.text().await.unwrap();
        assert!(html.contains(r#"type="password""#) && !html.contains("<script"), "{html}");
    }
    // If the page was opened before the address was contested, its button leads to the form.
    assert!(app.open(&link).await.text().await.unwrap().contains(r#"type="password""#));
    assert!(!is_active(&app, &other).await);
}

#[tokio::test]
async fn the_email_explains_the_link_and_the_alternative() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let mail = &app.mails_to(&john.email).await[0];
    let text = mail["text"].as_str().unwrap().replace('\n', " ");
    assert!(text.contains("chose a password") && text.contains("Confirming activates that account"), "{text}");
    assert!(text.contains("Wasn't you? Don't confirm; cancel the sign-up instead:"), "{text}");
}
