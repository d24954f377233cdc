//! The dashboard of administrators, over HTTP.

mod attacks;
mod audit;
mod clients;
mod lists;
mod roles;
mod server;
mod sign_in;
mod users;

use crate::{
    pages::browser::{Browser, Shown},
    support::{TestApp, admin::Admin},
};

/// Returns a browser in which this administrator is signed in.
fn desk<'a>(app: &'a TestApp, admin: &Admin) -> Browser<'a> {
    let mut browser = Browser::new(app);
    let (name, value) = admin.cookie.split_once('=').unwrap();
    browser.cookies.insert(name.to_owned(), value.to_owned());
    browser
}

/// Returns the value of the first hidden field with this name.
fn hidden(shown: &Shown, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let rest = shown.body.split_once(&begin).unwrap_or_else(|| panic!("no field {name}: {}", shown.body)).1;
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

impl Browser<'_> {
    /// Opens the page of a form, and submits it with these fields and the hidden ones.
    async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        self.send(&page, path, fields).await
    }

    /// Submits the form of a page.
    async fn send(&mut self, page: &Shown, path: &str, fields: &[(&str, &str)]) -> Shown {
        let carried: Vec<(&str, String)> = ["token", "revision", "ticket", "next"]
            .into_iter()
            .filter(|name| page.body.contains(&format!("name=\"{name}\" value=\"")))
            .map(|name| (name, hidden(page, name)))
            .collect();
        let all: Vec<(&str, &str)> =
            carried.iter().map(|(name, value)| (*name, value.as_str())).chain(fields.iter().copied()).collect();
        self.post(path, &all).await
    }
}
