//! A browser without scripts: cookies, forms and redirects.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;

use crate::support::{Person, TestApp};

/// A browser that stores cookies and submits forms from pages of the server.
pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cookies: BTreeMap<String, String>,
}

/// A response of the server.
#[derive(Debug)]
pub struct Shown {
    pub status: u16,
    /// Target of the redirect. Empty if there is none.
    pub location: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Shown {
    /// Returns the level-one heading.
    pub fn heading(&self) -> &str {
        let after = self.body.split_once("<h1>").unwrap_or_else(|| panic!("no heading: {}", self.body)).1;
        after.split_once("</h1>").unwrap().0
    }

    /// Returns the target of the first form that posts to a path with this suffix.
    pub fn form(&self, page: &str) -> String {
        let actions = self.body.split("action=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0);
        let mut found = actions.filter(|action| action.split('?').next().unwrap().ends_with(page));
        found.next().unwrap_or_else(|| panic!("no form for {page}: {}", self.body)).replace("&amp;", "&")
    }

    pub fn shows(&self, words: &str) -> bool {
        self.body.replace("&#39;", "'").contains(words)
    }
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: BTreeMap::new() }
    }

    /// Returns a request as sent by this browser.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.app.request(method, path).header("Accept", "text/html,*/*;q=0.8");
        let request =
            request.header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) }
    }

    pub async fn get(&mut self, path: &str) -> Shown {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        self.keep(answer).await
    }

    /// Submits a form from a page of the server.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        let request = self.request(Method::POST, path).header("Origin", self.app.base.clone());
        let answer = request.header("Sec-Fetch-Site", "same-origin").form(form).send().await.unwrap();
        self.keep(answer).await
    }

    /// Requests passkey options from a page, like its script.
    pub async fn ask(&mut self, path: &str) -> Value {
        let request = self.request(Method::POST, path).header("Accept", "application/json");
        let request = request.header("Origin", self.app.base.clone()).header("Sec-Fetch-Site", "same-origin");
        let answer = request.form(&[("type", "passkey"), ("action", "send")]).send().await.unwrap();
        let shown = self.keep(answer).await;
        assert_eq!(shown.status, 200, "{} {}", shown.location, shown.body);
        serde_json::from_str(&shown.body).unwrap()
    }

    /// Posts a credential, like the script.
    pub async fn give(&mut self, path: &str, credential: &Value, more: &[(&str, &str)]) -> Shown {
        let credential = credential.to_string();
        let form = [&[("type", "passkey"), ("credential", credential.as_str()), ("action", "continue")], more].concat();
        self.post(path, &form).await
    }

    /// Submits a form and follows the redirects.
    pub async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        let sent = self.post(path, form).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        self.get(&sent.location).await
    }

    /// Stores the cookies of a response.
    pub async fn keep(&mut self, answer: Response) -> Shown {
        for line in answer.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        Shown {
            status: answer.status().as_u16(),
            location: header("location").unwrap_or_default(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    /// Submits the sign-in form.
    pub async fn sign_in(&mut self, person: &Person) -> Shown {
        let form = [("email", person.email.as_str()), ("password", &person.password), ("action", "sign_in")];
        self.post("/User1/signin", &form).await
    }

    /// Returns a browser in which this user is signed in.
    pub async fn signed_in(app: &'a TestApp, person: &Person) -> Self {
        let mut browser = Self::new(app);
        let entered = browser.sign_in(person).await;
        assert_eq!((entered.status, entered.location.as_str()), (303, "/User1/account"));
        browser
    }

    /// Returns the session cookie.
    pub fn session(&self) -> Option<&str> {
        self.cookies.get("portcullis_session_User1").map(String::as_str)
    }
}
