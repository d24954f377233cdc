//! Subjects of forms.

use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{answer::not_found, desk::Desk};

/// The subject of a form: a user, a realm, an administrator or an API key, or the list that the form adds to.
pub(super) struct Subject {
    /// Path of its API call.
    pub(super) api: String,
    /// Its page, shown after the form is submitted.
    pub(super) page: String,
    /// Page of its list.
    pub(super) list: String,
    pub(super) section: &'static str,
    /// Current state of the subject, as returned by the API.
    pub(super) now: Value,
    /// Name and address as displayed. Empty if there is none.
    pub(super) name: String,
}

/// Percent-encodes a path segment.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Desk {
    /// Returns the API path of the user on the page.
    pub(super) fn user_call(&self) -> String {
        format!("/realms/{}/users/{}", segment(self.part("realm")), segment(self.part("id")))
    }

    /// Loads the user of the page.
    pub(super) async fn user(&self) -> Result<Subject, Response> {
        let api = self.user_call();
        let list = format!("/realms/{}/users", segment(self.part("realm")));
        let now = self.get(&api).await?;
        let name = now.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Subject { page: api.clone(), api, list, section: "users", now, name })
    }

    /// Returns the realm of the page.
    pub(super) fn of_realm(&self) -> Option<Subject> {
        let realm = self.realm()?;
        let api = format!("/realms/{}", segment(realm));
        let name = realm.to_owned();
        Some(Subject { list: format!("{api}/users"), page: api.clone(), api, section: "users", now: json!({}), name })
    }

    /// Returns the list of clients as the subject of the form that adds one, with the defaults of a client.
    pub(super) fn of_new_client(&self) -> Option<Subject> {
        let realm = self.realm()?;
        let api = format!("/realms/{}/clients", segment(realm));
        let now = json!({ "first_party": "", "scopes": ["openid", "profile", "email"] });
        Some(Subject { list: api.clone(), page: api.clone(), api, section: "clients", now, name: realm.to_owned() })
    }

    /// Loads the client of the page.
    pub(super) async fn client(&self) -> Result<Subject, Response> {
        let list = format!("/realms/{}/clients", segment(self.part("realm")));
        let api = format!("{list}/{}", segment(self.part("id")));
        let now = self.get(&api).await?;
        let name = now.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Subject { page: api.clone(), api, list, section: "clients", now, name })
    }

    /// Returns the administrator or API key of the page. It is looked up in the list returned by the API.
    pub(super) async fn listed(&self, list: &str, section: &'static str) -> Result<Subject, Response> {
        let id = self.part("id");
        let now = self.find(list, id).await?;
        let name = ["email", "name"].iter().find_map(|name| now.get(name)?.as_str()).unwrap_or_default().to_owned();
        let home = format!("/{section}");
        let page = if section == "admins" { format!("{home}/{}", segment(id)) } else { home.clone() };
        Ok(Subject { api: format!("{list}/{}", segment(id)), page, list: home, section, now, name })
    }

    /// Finds an entry of a list, page by page.
    async fn find(&self, list: &str, id: &str) -> Result<Value, Response> {
        let mut call = format!("{list}?limit=200");
        loop {
            let page = self.get(&call).await?;
            let mut items = page.get("items").and_then(Value::as_array).into_iter().flatten();
            if let Some(found) = items.find(|item| item.get("id").and_then(Value::as_str) == Some(id)) {
                return Ok(found.clone());
            }
            let next = page.get("next").and_then(Value::as_str).ok_or_else(not_found)?;
            call = format!("{list}?limit=200&cursor={}", segment(next));
        }
    }

    /// Returns the signing key of the page.
    pub(super) fn of_signing_key(&self) -> Subject {
        let kid = self.part("id");
        let (page, name) = ("/keys".to_owned(), format!("Key {kid}"));
        let api = format!("/signing-keys/{}", segment(kid));
        // The box is not ticked at first.
        Subject { api, list: page.clone(), page, section: "keys", now: json!({ "force": "" }), name }
    }

    /// Returns a list as the subject of a form that adds to it.
    pub(super) fn of_list(&self, list: &str, section: &'static str) -> Subject {
        let page = format!("/{section}");
        Subject { api: list.to_owned(), list: page.clone(), page, section, now: json!({}), name: String::new() }
    }
}
