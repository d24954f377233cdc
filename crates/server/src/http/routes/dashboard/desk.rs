//! Context of a dashboard request: the signed-in administrator, their permissions, and access to the API.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, Method, request::Parts},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    Error,
    admin::{Grant, Grants},
    id::RealmName,
    seal,
};
use serde_json::{Value, json};

use super::{
    answer::{go, refused, sorry},
    can::Can,
};
use crate::http::{
    admin_api::{AdminApi, Answer, Call, OnBehalf},
    extract::{AdminCookie, AdminDoor},
    problem::ApiError,
    state::AppState,
};

/// Path of the dashboard.
pub(super) const HOME: &str = "/admin";
/// Page for adding a second factor.
pub(super) const TWO_STEP: &str = "/account/two-step";

/// A page request of a signed-in administrator.
pub(super) struct Desk {
    pub(super) state: AppState,
    api: AdminApi,
    pub(super) from: OnBehalf,
    /// Path parameters by name.
    parts: HashMap<String, String>,
    query: Vec<(String, String)>,
    /// Path relative to the dashboard, without the query.
    pub(super) page: String,
    /// CSRF token of the forms.
    pub(super) token: String,
    pub(super) me: Value,
    grants: Grants,
    /// Names of the realms covered by the grants.
    pub(super) realms: Vec<String>,
}

impl Desk {
    /// Returns a path parameter.
    pub(super) fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }

    /// Returns a query parameter. An empty one is treated as absent.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns the realm given in the path or query, if the grants include it.
    pub(super) fn realm(&self) -> Option<&str> {
        let named = Some(self.part("realm")).filter(|realm| !realm.is_empty()).or_else(|| self.parameter("realm"));
        named.filter(|named| self.realms.iter().any(|realm| realm == named))
    }

    /// Returns the permissions in the realm of the page or, without a realm, anywhere.
    pub(super) fn can(&self) -> Can {
        let realm = self.realm().and_then(|realm| RealmName::parse(realm).ok());
        match realm {
            Some(realm) => Can::within(&self.grants, &realm),
            None => {
                let realms = self.realms.iter().filter_map(|realm| RealmName::parse(realm).ok());
                realms.fold(Can::anywhere(&self.grants), |all, realm| all.or(Can::within(&self.grants, &realm)))
            }
        }
    }

    /// Returns what the grants allow in a realm from a response. Messages of administrators require the right to manage
    /// administrators.
    pub(super) fn can_in(&self, realm: &str) -> Can {
        match RealmName::parse(realm) {
            Ok(realm) if realm == RealmName::admin() => Can::of_administrators(&self.grants),
            Ok(realm) => Can::within(&self.grants, &realm),
            Err(_) => Can::default(),
        }
    }

    /// Calls the API.
    ///
    /// # Errors
    /// Returns the API's response if it is an error.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Answer> {
        self.api.call(&self.from, call).await
    }

    /// Calls the API for a page.
    ///
    /// # Errors
    /// Returns an error page if the API rejects the request.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Response> {
        match self.call(Call::get(path.to_owned())).await {
            Ok(answer) => Ok(answer.body),
            Err(answer) => Err(refused(self, &answer)),
        }
    }

    /// Calls the API for an optional part of a page. Returns `None` if the role does not permit it.
    pub(super) async fn get_if_allowed(&self, path: &str) -> Option<Value> {
        self.call(Call::get(path.to_owned())).await.ok().map(|answer| answer.body)
    }

    /// Returns the template values of the layout: navigation, signed-in administrator and permissions.
    pub(super) fn frame(&self, section: &str) -> Value {
        let info = &self.state.info;
        let email = self.me.get("email").and_then(Value::as_str).unwrap_or_default();
        json!({
            "root": &*info.root,
            "home": format!("{}{HOME}", info.root),
            "url": &*info.base_url,
            "version": env!("CARGO_PKG_VERSION"),
            "environment": if info.is_development { "Development" } else { "Production" },
            "docs": info.docs,
            "section": section,
            "page": self.page,
            "realm": self.realm().unwrap_or_default(),
            "realms": self.realms,
            "me": { "email": email, "id": self.me.get("id"), "two_step": self.me.get("two_step") },
            "can": self.can(),
            "anywhere": Can::anywhere(&self.grants),
            "token": self.token,
            "done": self.parameter("done").and_then(super::words::done),
        })
    }
}

/// Returns the CSRF token. It is derived from the session cookie, which other sites and scripts cannot read.
pub(super) fn form_token(state: &AppState, headers: &HeaderMap) -> String {
    let cookie = AdminCookie::value(state, headers).unwrap_or_default();
    BASE64URL_NOPAD.encode(&seal::digest([b"dashboard form".as_slice(), cookie.as_bytes()]))
}

/// Returns the API handle that routing added to the request.
pub(super) fn api_of(parts: &Parts) -> Result<AdminApi, Error> {
    let api = parts.extensions.get::<AdminApi>().cloned();
    api.ok_or_else(|| Error::internal("a page of the dashboard without the API"))
}

fn words(value: &Value, name: &str) -> Vec<String> {
    let items = value.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Returns the names of the visible realms. The list is empty until a required second factor is set up.
fn realm_names(realms: &Value) -> Vec<String> {
    let items = realms.get("items").and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|realm| realm.get("name")?.as_str().map(str::to_owned)).collect()
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        AdminDoor::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let own = |error: Error| ApiError::from(error).into_response();
        let (api, from) = (api_of(parts).map_err(own)?, OnBehalf::of(parts).map_err(own)?);
        let page = parts.uri.path().strip_prefix(HOME).unwrap_or_default().to_owned();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let me = match api.call(&from, Call::get("/me".to_owned())).await {
            Ok(me) => me,
            Err(answer) if answer.code() == "admin.sign_in" => return Err(to_sign_in(state, parts, &page)),
            Err(answer) => return Err(sorry(state, from.ctx(), &answer)),
        };
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let grants = words(&me.body, "grants").iter().filter_map(|word| Grant::parse(word)).collect();
        let realms = api.call(&from, Call::get("/realms".to_owned())).await;
        let must_add_factor = realms.as_ref().is_err_and(|answer| answer.code() == "mfa.required");
        if must_add_factor && !page.starts_with("/account") && page != "/sign-out" {
            return Err(go(state, TWO_STEP));
        }
        Ok(Self {
            api,
            from,
            parts: path.map(|Path(path)| path).unwrap_or_default(),
            query,
            page,
            token: form_token(state, &parts.headers),
            me: me.body,
            grants: Grants::of(grants),
            realms: realms.map(|answer| realm_names(&answer.body)).unwrap_or_default(),
            state: state.clone(),
        })
    }
}

/// Redirects to the sign-in page, which returns to the requested page afterwards.
fn to_sign_in(state: &AppState, parts: &Parts, page: &str) -> Response {
    if page.is_empty() || parts.method != Method::GET {
        return go(state, "/sign-in");
    }
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let next: String = form_urlencoded::byte_serialize(format!("{page}{query}").as_bytes()).collect();
    go(state, &format!("/sign-in?next={next}"))
}
