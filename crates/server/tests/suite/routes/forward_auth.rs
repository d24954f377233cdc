//! A proxy asks for the user of a request's token, and forwards the request with the response headers.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Json, Router, http::HeaderMap};
use reqwest::{Client, Response};
use serde_json::{Map, Value, json as value};
use tempfile::TempDir;

use crate::support::{Person, TestApp, json, problem, process::free_port};

/// Returns the response headers that a proxy copies.
fn copied(response: &Response) -> Value {
    let mut found = Map::new();
    for (name, text) in response.headers() {
        if let Some(name) = name.as_str().strip_prefix("x-portcullis-") {
            found.insert(name.to_owned(), text.to_str().unwrap().into());
        }
    }
    found.into()
}

#[tokio::test]
async fn a_live_access_token_returns_its_user_in_headers() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let answer = app.get_as(&token, "/User1/forward_auth").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(copied(&answer), value!({"user": john.id, "email": john.email, "roles": ""}));
    assert_eq!(answer.text().await.unwrap(), "");

    super::roles::set(&app, &john, &["editor", "billing:read"]).await;
    let answer = app.get_as(&token, "/User1/forward_auth").await;
    assert_eq!(copied(&answer)["roles"], "editor,billing:read");

    let acting = app.impersonate(&john).await;
    assert_eq!(copied(&app.get_as(&acting, "/User1/forward_auth").await)["actor"], app.impersonator().await.id);

    app.get_as(&token, "/User1/logout").await;
    let ended = app.get_as(&token, "/User1/forward_auth").await;
    assert_eq!(copied(&ended), value!({}));
    assert_eq!(problem(ended, 401).await["code"], "token.invalid");
}

#[tokio::test]
async fn a_request_of_a_browser_without_a_token_gets_no_redirect() {
    let app = TestApp::start().await;
    let request = app.request(reqwest::Method::GET, "/User1/forward_auth").header("Accept", "text/html");
    let answer = request.header("Sec-Fetch-Mode", "navigate").send().await.unwrap();
    assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    assert_eq!(answer.status(), 401);
}

/// A proxy with the documented configuration, and an application behind it that returns the headers of each request.
struct Proxy {
    port: u16,
    child: Child,
    _dir: TempDir,
}

impl Proxy {
    async fn start(app: &TestApp, language: &str, run: impl Fn(&Path, &str) -> Command) -> Self {
        let echo = Router::new().fallback(async |headers: HeaderMap| {
            let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
            Json(headers.iter().map(|(name, value)| (name.to_string(), text(value).into())).collect::<Map<_, Value>>())
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, echo).await });
        let documented = include_str!("../../../../../docs/forward-auth.md");
        let config = documented.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0;
        let port = free_port();
        let config = config
            .replace("127.0.0.1:8000", app.base.strip_prefix("http://").unwrap())
            .replace("127.0.0.1:9000", &format!("127.0.0.1:{behind}"))
            .replace("listen 8080", &format!("listen 127.0.0.1:{port}"))
            .replace(":8080 {", &format!("http://127.0.0.1:{port} {{\n\tbind 127.0.0.1"));
        let dir = TempDir::new().unwrap();
        let child = run(dir.path(), &config).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let proxy = Self { port, child: child.expect("`make soak` installs it"), _dir: dir };
        let begun = Instant::now();
        while Client::new().get(proxy.url()).send().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the proxy does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        proxy
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/orders?id=7", self.port)
    }

    async fn ask(&self, token: Option<&str>) -> Response {
        let mut request = Client::new().post(self.url()).body("an order");
        for name in ["User", "Email", "Roles", "Actor"] {
            request = request.header(format!("X-Portcullis-{name}"), "forged");
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    async fn is_right(&self, app: &TestApp) {
        let john = Person::new("john@example.com").join(app).await;
        let token = john.log_in(app).await;
        for wrong in [None, Some("junk")] {
            let answer = self.ask(wrong).await;
            assert_eq!(answer.status(), 401);
            assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
        let seen = json(self.ask(Some(&token)).await, 200).await;
        assert_eq!((&seen["x-portcullis-user"], &seen["x-portcullis-email"]), (&value!(john.id), &value!(john.email)));
        assert!(!seen.to_string().contains("forged"), "{seen}");
        let acting = app.impersonate(&john).await;
        assert_eq!(json(self.ask(Some(&acting)).await, 200).await["x-portcullis-actor"], app.impersonator().await.id);
        app.get_as(&token, "/User1/logout").await;
        assert_eq!(self.ask(Some(&token)).await.status(), 401);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn the_documented_nginx_only_forwards_headers_of_the_server() {
    let app = TestApp::start().await;
    let proxy = Proxy::start(&app, "nginx", |dir, config| {
        let file = dir.join("nginx.conf");
        let folder = dir.display();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
            .concat();
        let text = format!(
            "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n\
             http {{\naccess_log off;\n{paths}{config}}}\n"
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-c").arg(file).arg("-p").arg(dir);
        command
    });
    let proxy = proxy.await;
    proxy.is_right(&app).await;
}

#[tokio::test]
#[ignore = "soak"]
async fn the_documented_caddy_only_forwards_headers_of_the_server() {
    let app = TestApp::start().await;
    let proxy = Proxy::start(&app, "caddyfile", |dir, config| {
        let file = dir.join("Caddyfile");
        fs::write(&file, format!("{{\n\tadmin off\n}}\n{config}")).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
        command.env("XDG_DATA_HOME", dir).env("XDG_CONFIG_HOME", dir).stderr(Stdio::null());
        command
    });
    let proxy = proxy.await;
    proxy.is_right(&app).await;
}
