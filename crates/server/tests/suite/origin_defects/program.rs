//! An HTTP client for tests of the real program.

use reqwest::{Client, Method, RequestBuilder, Response};

use crate::support::{
    Person, json,
    process::{CHEAP, Program, client},
    smtp::SmtpServer,
};

/// Prepares a program that sends its emails to this server.
pub(super) fn with_mail(smtp: &SmtpServer, more: &[(&str, &str)]) -> Program {
    let port = smtp.port().to_string();
    let mail = [("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off"), ("MAIL_TIMEOUT", "1s")];
    Program::new(&[CHEAP, &mail, more].concat())
}

pub(super) async fn start(program: &mut Program) {
    program.spawn();
    program.ready().await;
}

/// Restarts it after a simulated power failure.
pub(super) async fn cut_the_power(program: &mut Program) {
    program.kill();
    start(program).await;
}

/// Returns the output of a program that does not start.
pub(super) fn refusal(program: &Program) -> String {
    let ended = program.run(&["serve"]);
    assert!(!ended.status.success(), "it started, and ended well");
    ended.stderr
}

/// A client of a program, which need not be running.
pub(super) struct Visitor {
    base: String,
    http: Client,
}

impl Visitor {
    pub(super) fn of(program: &Program) -> Self {
        Self { base: program.url(""), http: client() }
    }

    /// Creates a request for a path or a complete link.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // Links contain the name of this machine instead of its address.
        let named = self.base.replace("127.0.0.1", "localhost");
        let path = path.strip_prefix(&self.base).or_else(|| path.strip_prefix(&named)).unwrap_or(path);
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(super) async fn get_as(&self, token: &str, path: &str) -> Response {
        self.request(Method::GET, path).bearer_auth(token).send().await.unwrap()
    }

    pub(super) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(form).send().await.unwrap()
    }

    pub(super) async fn create(&self, person: &Person) -> Response {
        self.request(Method::POST, &person.path("create")).json(&person.form()).send().await.unwrap()
    }

    pub(super) async fn try_login(&self, person: &Person) -> Response {
        self.post_form(&person.path("login"), &[("username", &person.email), ("password", &person.password)]).await
    }

    /// Logs in and returns the access token.
    pub(super) async fn log_in(&self, person: &Person) -> String {
        let answer = json(self.try_login(person).await, 200).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Registers and verifies, which sends two emails.
    pub(super) async fn join(&self, smtp: &SmtpServer, person: &Person) {
        let before = smtp.messages().len();
        json(self.create(person).await, 200).await;
        let links = smtp.wait_for(before + 1).await.pop().unwrap().links();
        assert_eq!(self.get(&link_in(&links, "verify")).await.status(), 200);
        smtp.wait_for(before + 2).await;
    }
}

/// Returns the link to this page.
pub(super) fn link_in(links: &[String], page: &str) -> String {
    let wanted = format!("/{page}?token=");
    links.iter().find(|link| link.contains(&wanted)).unwrap_or_else(|| panic!("no {page} link in the mail")).clone()
}
