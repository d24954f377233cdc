//! Administration on a listener of its own.

use std::{fs, os::unix::fs::PermissionsExt as _};

use reqwest::{Client, Response};
use serde_json::json;

use crate::support::{
    json,
    process::{CHEAP, Program, free_port},
};

const PATHS: [&str; 6] = [
    "/admin",
    "/admin/sign-in",
    "/admin/setup",
    "/v1/admin/me",
    "/v1/admin/realms",
    "/admin/reset_password_form?token=unknown",
];

/// Returns the status of each path, and of a sign-in whose body is not read if administration is not served.
async fn answers(client: &Client, base: &str) -> Vec<u16> {
    let mut answers = Vec::new();
    for path in PATHS {
        answers.push(client.get(format!("{base}{path}")).send().await.unwrap().status().as_u16());
    }
    let sign_in = client.post(format!("{base}/v1/admin/sign_in")).body("no JSON").send().await.unwrap();
    answers.push(sign_in.status().as_u16());
    answers
}

async fn sign_in(client: &Client, base: &str) -> Response {
    let body = json!({"email": "owner@example.com", "password": "violet-teapot-hammer"});
    client.post(format!("{base}/v1/admin/sign_in")).json(&body).send().await.unwrap()
}

/// Invites an owner, who chooses a password and signs in at the listener of administration.
async fn enter(program: &Program, client: &Client, base: &str) {
    let invited = program.run(&["admins", "invite", "owner@example.com", "--role", "owner", "--print", "--json"]);
    let invited: serde_json::Value = serde_json::from_str(&invited.stdout).unwrap();
    let (_, path) = invited["invitation_url"].as_str().unwrap().split_once("/admin/").unwrap();
    let path = format!("/admin/{}", path.replace("reset_password_form", "reset_password"));
    let choose = async |client: &Client, url: String| {
        client.post(url).form(&[("password", "violet-teapot-hammer")]).send().await.unwrap().status().as_u16()
    };
    assert_eq!(choose(&Client::new(), program.url(&path)).await, 404, "not at the listener of the users");
    assert_eq!(choose(client, format!("{base}{path}")).await, 200);
    assert_eq!(sign_in(&Client::new(), &program.url("")).await.status(), 404);
    let signed_in = sign_in(client, base).await;
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let get = async |path: &str| client.get(format!("{base}{path}")).header("Cookie", &cookie).send().await.unwrap();
    assert_eq!(json(get("/v1/admin/me").await, 200).await["email"], "owner@example.com");
    let page = get("/admin/account").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("owner@example.com"), "the pages call the API");
    let elsewhere = Client::new().get(program.url("/v1/admin/me")).header("Cookie", &cookie).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn administration_with_its_own_address_is_only_served_there() {
    let listen = format!("127.0.0.1:{}", free_port());
    let mut program = Program::start(&[CHEAP, &[("ADMIN_LISTEN", &*listen)]].concat()).await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let base = format!("http://{listen}");
    assert_eq!(answers(&client, &program.url("")).await, [404; 7]);
    assert_eq!(answers(&client, &base).await, [303, 200, 200, 401, 401, 400, 415]);
    enter(&program, &client, &base).await;
    assert!(program.stop().await.success());
    assert!(program.log().contains(&listen), "{}", program.log());
}

#[tokio::test]
async fn administration_on_a_socket_is_only_served_there() {
    let mut program = Program::new(CHEAP);
    let path = program.folder().join("admin.sock");
    program.set("ADMIN_LISTEN", &format!("unix:{}", path.display()));
    let client = Client::builder().unix_socket(&*path).redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let base = format!("http://localhost:{}", program.port());
    for is_killed in [false, true] {
        program.spawn();
        program.ready().await;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(answers(&Client::new(), &program.url("")).await, [404; 7]);
        assert_eq!(answers(&client, &base).await, [303, 200, 200, 401, 401, 400, 415]);
        if is_killed {
            program.kill();
        } else {
            assert!(program.stop().await.success());
        }
        assert_eq!(path.exists(), is_killed, "a stopped server removes its socket");
    }
    program.spawn();
    program.ready().await;
    enter(&program, &client, &base).await;
    // Another server does not take the socket of one that runs.
    let other = Program::new(&[CHEAP, &[("ADMIN_LISTEN", &*format!("unix:{}", path.display()))]].concat());
    let refused = other.run(&["serve"]);
    assert!(!refused.status.success() && refused.stderr.contains("set ADMIN_LISTEN"), "{}", refused.stderr);
    assert_eq!(sign_in(&client, &base).await.status(), 200);
}

#[tokio::test]
async fn replaced_pages_on_the_listener_of_administration_are_reported_in_production() {
    let mut program = Program::new(&[
        ("ENVIRONMENT", "production"),
        ("PUBLIC_URL", "https://accounts.example.com"),
        ("ENCRYPTION_KEY", "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE="),
        ("MAIL_SERVER", "smtp.example.com"),
        ("TRUSTED_PROXIES", "none"),
        ("DRAIN_DELAY", "0s"),
        ("TEMPLATES_DIR", "mine"),
    ]);
    let folder = program.folder().join("mine");
    fs::create_dir(&folder).unwrap();
    let mut reported = Vec::new();
    for (name, listen) in
        [("registration.txt", None), ("signin.html", None), ("signin.html", Some(format!("127.0.0.1:{}", free_port())))]
    {
        let source = format!("{}/templates", env!("CARGO_MANIFEST_DIR"));
        let kind = if name.starts_with("registration") { "mails" } else { "pages" };
        fs::copy(format!("{source}/{kind}/{name}"), folder.join(name)).unwrap();
        if let Some(listen) = listen {
            program.set("ADMIN_LISTEN", &listen);
        }
        let before = program.log().len();
        program.spawn();
        program.ready().await;
        assert!(program.stop().await.success());
        reported.push(program.log()[before..].contains("dashboard shares its listener with custom pages"));
    }
    assert_eq!(reported, [false, true, false]);
}
