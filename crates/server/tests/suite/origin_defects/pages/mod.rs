//! Rows D19 to D23: pages in a browser, and the addresses of links.

mod bad_links;

use portcullis::config::{self, Args, Sources};
use portcullis_core::random::SeededRandom;
use reqwest::{Method, Response};

use super::{
    ask, contested, mailed_reset,
    program::{Visitor, link_in, start, with_mail},
    reset_path,
};
use crate::support::{
    Person, TestApp, json,
    smtp::{Options, SmtpServer},
};

/// The `Accept` header of a browser.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn send(app: &TestApp, method: Method, page: &str, token: &str, accept: &str) -> Response {
    let request = match (method, page) {
        (Method::POST, "undo") => app.request(Method::POST, "/User1/undo").form(&[("token", token)]),
        (Method::POST, page) => app
            .request(Method::POST, &format!("/User1/{page}?token={token}"))
            .form(&[("password", "attackers new phrase")]),
        (method, page) => app.request(method, &format!("/User1/{page}?token={token}")),
    };
    request.header("Accept", accept).send().await.unwrap()
}

/// Returns every way to use a link.
fn uses() -> [(Method, &'static str); 5] {
    [
        (Method::GET, "verify"),
        (Method::GET, "undo"),
        (Method::POST, "undo"),
        (Method::GET, "reset_password_form"),
        (Method::POST, "reset_password"),
    ]
}

#[tokio::test]
async fn d21_links_are_https_as_soon_as_others_can_reach_the_server() {
    let public =
        [("PUBLIC_URL", "https://accounts.example.com"), ("ENVIRONMENT", "development"), ("DEV_MAILBOX", "on")];
    let app = TestApp::with(&public).await;
    let john = Person::new("john@example.com");
    let lying = app
        .request(Method::POST, "/User1/create")
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "http")
        .header("Forwarded", "host=evil.example;proto=http");
    json(lying.json(&john.form()).send().await.unwrap(), 200).await;
    for mail in app.mails_to(&john.email).await {
        assert_eq!(mail["links"].as_array().unwrap().len(), 2);
        for link in mail["links"].as_array().unwrap() {
            assert!(link.as_str().unwrap().starts_with("https://accounts.example.com/User1/"));
        }
        for part in ["text", "html"] {
            let part = mail[part].as_str().unwrap();
            assert!(!part.contains("http://") && !part.contains("evil.example"));
        }
    }
}

#[test]
fn d21_production_does_not_start_on_http() {
    let env = [("ENVIRONMENT", "production"), ("PUBLIC_URL", "http://accounts.example.com")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let dir = tempfile::tempdir().unwrap();
    let sources = Sources { args: Args::default(), env, dir: dir.path().to_owned() };
    let refused = config::load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
    assert!(refused.contains("PUBLIC_URL: is http://accounts.example.com, not https"), "{refused}");
}

#[tokio::test]
async fn d22_the_domain_in_the_env_file_is_honoured_and_shown() {
    let smtp = SmtpServer::start(Options::default()).await;
    let mut program = with_mail(&smtp, &[]);
    let domain = format!("localhost:{}", program.port());
    std::fs::write(program.folder().join(".env"), format!("APP_DOMAIN={domain}\n")).unwrap();
    let shown = program.run(&["config", "show"]).stdout;
    let line = shown.lines().find(|line| line.starts_with("PUBLIC_URL")).unwrap();
    assert!(line.contains(&format!("http://{domain}")), "{line}");

    start(&mut program).await;
    let visitor = Visitor::of(&program);
    json(visitor.create(&Person::new("john@example.com")).await, 200).await;
    let links = smtp.wait_for(1).await[0].links();
    assert!(links.iter().all(|link| link.starts_with(&format!("http://{domain}/User1/"))), "{links:?}");
    let path = link_in(&links, "verify").split_once(&domain).unwrap().1.to_owned();
    assert_eq!(visitor.get(&path).await.status(), 200);
}

#[tokio::test]
async fn d23_pages_load_nothing_from_elsewhere_and_send_no_referrer() {
    let app = TestApp::start().await;
    let (_, victim) = contested(&app).await;
    let form = app.link(&victim.email, "verify").await;
    let reset = reset_path(&app, &victim.email).await;
    let john = Person::new("john@example.com").register(&app).await;
    let pages = [
        app.open(&app.base).await,
        app.open(&form).await,
        app.post_form(&reset, &[("password", "short")]).await,
        app.post_form(&reset, &[("password", "chosen by the owner")]).await,
        app.post_form(&reset, &[("password", "chosen by a thief")]).await,
        app.open(&app.link(&john.email, "undo").await).await,
        app.open(&app.link(&john.email, "verify").await).await,
        app.open(&format!("{}{}", app.base, mailed_form(&app, &john.email).await)).await,
        app.open(&format!("{}/User1/verify?token=junk", app.base)).await,
        app.open(&format!("{}/User1/reset_password_form?token=junk", app.base)).await,
        app.open(&format!("{}/User1/undo?token=junk", app.base)).await,
        app.open(&format!("{}/dev/mailbox", app.base)).await,
    ];
    for page in pages {
        let url = page.url().clone();
        assert_eq!(page.headers()["referrer-policy"], "no-referrer", "{url}");
        assert!(
            page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none';"),
            "{url}"
        );
        let html = page.text().await.unwrap();
        // Developer pages have one script, which is served by this server.
        let scripts: Vec<&str> = html.split("<script").skip(1).collect();
        assert!(html.contains("<html"), "{url}");
        assert!(scripts.iter().all(|script| script.contains("/assets/dev.js\" defer></script>")), "{url}");
        for address in addresses(&html) {
            let is_ours = (address.starts_with('/') && !address.starts_with("//")) || address.starts_with(&app.base);
            let is_relative = !address.contains(':') && !address.starts_with("//");
            // Icons are written into the page.
            let is_icon = address == "data:," || address.starts_with("data:image/svg+xml,");
            assert!(is_ours || is_relative || is_icon, "{url} leads to {address}");
        }
    }
    let style = app.get("/assets/portcullis.css").await.text().await.unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
}

/// Returns the page of a new reset link.
async fn mailed_form(app: &TestApp, email: &str) -> String {
    mailed_reset(app, email).await.replace("reset_password", "reset_password_form")
}

/// Returns every attribute and CSS value that loads or sends something.
fn addresses(html: &str) -> Vec<String> {
    let values = [" src=\"", " href=\"", " action=\"", " srcset=\"", "url(", "@import "];
    let after = values.iter().flat_map(|mark| html.split(mark).skip(1));
    after.map(|rest| rest.split(['"', ')', ';']).next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn d23_mails_load_nothing_at_all() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    json(app.post_json("/User1/create", john.form()).await, 200).await;
    let mails = app.mails_to(&john.email).await;
    assert_eq!(mails.len(), 3);
    for mail in mails {
        let html = mail["html"].as_str().unwrap();
        for mark in ["<img", "<link", "<script", "<iframe", " src=", "url(", "@import", "@font-face"] {
            assert!(!html.contains(mark), "{mark} in {}", mail["subject"]);
        }
    }
    // The token of a valid link is only returned to its holder.
    let page = ask(&app, "/User1/verify?token=junk").await;
    assert!(!page.text().await.unwrap().contains("junk"));
}
