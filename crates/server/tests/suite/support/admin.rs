//! Administrators for tests. The first owner is invited on the command line, all others by the owner.

use std::sync::Arc;

use portcullis::{
    App,
    app::{self, Overrides},
    cli::{self, Caller, Command, Output, OutputFormat},
};
use portcullis_core::{audit::AuditEntry, id::RealmName};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Chance, TestApp, json};

pub const PASSWORD: &str = "violet-teapot-hammer";
pub const REASON: &str = "A test of administration";

/// A signed-in administrator.
#[derive(Clone, Debug)]
pub struct Admin {
    pub id: String,
    pub email: String,
    pub cookie: String,
}

impl TestApp {
    /// Returns a client of the command line, without stopping the running server.
    pub async fn beside(&self) -> Caller {
        self.beside_with(&[]).await
    }

    /// Returns a client of the command line with additional settings.
    pub async fn beside_with(&self, more: &[(&str, &str)]) -> Caller {
        Caller::here(&app::beside(&self.config_with(more), self.overrides()).await.unwrap())
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            clock: self.clock.clone() as _,
            random: Arc::new(Chance::new(1000 + self.seed_of_beside())),
            adjust: Box::new(|ports| ports),
        }
    }

    /// Stops the server, and returns the token that a start on a terminal prints for the first owner.
    pub async fn setup_token(&mut self) -> String {
        self.stop().await;
        let app = App::build(&self.config_with(&[]), self.overrides()).await.unwrap();
        let link = app.first_owner_link().await.unwrap().expose();
        link.split_once('#').unwrap().1.to_owned()
    }

    /// Runs a command while the server is running. Returns the exit code and the JSON.
    pub async fn command(&self, line: &[&str]) -> (u8, Value) {
        self.command_of(&self.beside().await, line).await
    }

    /// Runs a command with an existing client.
    pub async fn command_of(&self, caller: &Caller, line: &[&str]) -> (u8, Value) {
        let (code, out) = run(caller, line, OutputFormat::Json).await;
        (code, serde_json::from_str(&out).unwrap_or_default())
    }

    /// Runs a command while the server is running. Returns its output.
    pub async fn printed(&self, line: &[&str], format: OutputFormat) -> String {
        let (code, out) = run(&self.beside().await, line, format).await;
        assert_eq!(code, 0, "{line:?}");
        out
    }

    /// Runs a command while the server is running. Returns the exit code and the text.
    pub async fn text(&self, line: &[&str]) -> (u8, String) {
        run(&self.beside().await, line, OutputFormat::Text).await
    }

    /// Invites the first owner on the command line, and signs in.
    pub async fn owner(&self) -> Admin {
        let (code, invited) =
            self.command(&["admins", "invite", "owner@example.com", "--role", "owner", "--print"]).await;
        assert_eq!(code, 0);
        self.accept(&invited, "owner@example.com").await
    }

    /// Lets the owner invite an administrator with these grants, who signs in.
    pub async fn admin(&self, owner: &Admin, email: &str, grants: &[&str]) -> Admin {
        let invited = json(owner.post(self, "/admins", json!({"email": email, "grants": grants})).await, 201).await;
        let link = self.link(email, "reset_password_form").await;
        self.accept(&json!({"id": invited["id"], "invitation_url": link}), email).await
    }

    /// Returns the newest rows of the audit trail of a realm.
    pub async fn audit(&self, realm: &str) -> Vec<AuditEntry> {
        self.store().await.audit_rows(&RealmName::from_stored(realm).unwrap(), 200).await.unwrap()
    }

    /// Opens the link of an invitation, sets a password, and signs in.
    pub async fn accept(&self, invited: &Value, email: &str) -> Admin {
        let link = invited["invitation_url"].as_str().unwrap();
        assert_eq!(self.visit(link).await.status(), 200);
        let sent =
            self.http.post(link.replace("reset_password_form", "reset_password")).form(&[("password", PASSWORD)]);
        assert_eq!(sent.send().await.unwrap().status(), 200);
        let cookie = self.sign_in(email, PASSWORD).await;
        Admin { id: invited["id"].as_str().unwrap().to_owned(), email: email.to_owned(), cookie }
    }

    /// Signs in an administrator. Returns the cookie.
    pub async fn sign_in(&self, email: &str, password: &str) -> String {
        let answer = self.post_json("/v1/admin/sign_in", json!({"email": email, "password": password})).await;
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }
}

async fn run(caller: &Caller, line: &[&str], format: OutputFormat) -> (u8, String) {
    let words = ["portcullis"].iter().chain(line);
    let Command::Admin(verb) = cli::parse(words).unwrap().command else { panic!("{line:?} is not a verb") };
    let mut out = Vec::new();
    let code = cli::administer(caller, &verb, &mut Output::plain(&mut out, format)).await.unwrap();
    (code, String::from_utf8(out).unwrap())
}

impl Admin {
    pub fn request(&self, app: &TestApp, method: Method, path: &str) -> RequestBuilder {
        let request = app.request(method, &format!("/v1/admin{path}"));
        request.header("Cookie", &self.cookie).header("Sec-Fetch-Site", "same-origin")
    }

    pub async fn get(&self, app: &TestApp, path: &str) -> Response {
        self.request(app, Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, app: &TestApp, path: &str, body: Value) -> Response {
        self.request(app, Method::POST, path).json(&body).send().await.unwrap()
    }

    /// Sends a change with the current revision of a user.
    pub async fn change(&self, app: &TestApp, method: Method, path: &str, body: Value) -> Response {
        let user = path.split('/').take(5).collect::<Vec<_>>().join("/");
        let seen = json(self.get(app, &user).await, 200).await["revision"].to_string();
        let request = self.request(app, method, path).header("If-Match", format!("\"{seen}\""));
        request.json(&body).send().await.unwrap()
    }
}
