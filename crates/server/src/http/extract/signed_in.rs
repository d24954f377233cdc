//! Page requests of a signed-in browser.

use std::collections::BTreeMap;

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    service::{Owner, RenewedCookie, Viewer},
};
use serde::{Deserialize, Serialize};

use super::{
    carried::Carried,
    visit::{Continue, Visit},
};
use crate::http::{problem::ApiError, redirect::go, state::AppState};

/// A page request of a signed-in browser. Other browsers are redirected to the sign-in page, which returns to this
/// page afterwards.
#[derive(Debug)]
pub(in crate::http) struct SignedIn {
    pub(in crate::http) visit: Visit,
    pub(in crate::http) viewer: Viewer,
    /// Path of the page in its realm, with the `id` query parameter.
    page: String,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let mut visit = Visit::of(parts, state).await.map_err(IntoResponse::into_response)?;
        let page = page_of(parts, visit.request.realm.name.as_str());
        match visit.viewer.take() {
            Some(viewer) => Ok(Self { visit, viewer, page }),
            None => {
                // An authorization request continues at its original URL.
                let asked = visit.next().filter(|next| matches!(next, Continue::Authorize(_)));
                Err(go(visit.detour("signin", &asked.unwrap_or(Continue::Page(page)))))
            }
        }
    }
}

/// Returns the path of a request in its realm, with the `id` query parameter. Other parameters belong to the page
/// that created them.
fn page_of(parts: &Parts, realm: &str) -> String {
    let path = parts.uri.path();
    let page = path.strip_prefix("/v1/").and_then(|rest| rest.strip_prefix(realm)).unwrap_or_default();
    let page = page.trim_start_matches('/');
    // A button has no page to return to.
    let page = page.strip_suffix("/secure").unwrap_or(page);
    let query = parts.uri.query().unwrap_or_default().split('&');
    let is_id = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match query.filter_map(|pair| pair.strip_prefix("id=")).find(is_id) {
        Some(id) => format!("{page}?id={id}"),
        None => page.to_owned(),
    }
}

/// Reason why a page does not perform its action.
#[derive(Debug)]
pub(in crate::http) enum Turned {
    /// Redirect to another page first.
    Elsewhere(String),
    /// Redirect to another page first, which returns the submitted values to this one.
    Keeping(Box<Response>),
    Refused(ApiError),
}

/// Submitted values of a form that was interrupted by another page.
#[derive(Serialize, Deserialize)]
struct Kept(BTreeMap<String, String>);

impl Carried for Kept {
    const NAME: &'static str = "kept";
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(location) => go(location),
            Self::Keeping(answer) => *answer,
            Self::Refused(refused) => refused.into_response(),
        }
    }
}

impl SignedIn {
    /// Returns the authority to change the account.
    ///
    /// # Errors
    /// Returns an error if the session is an impersonation session.
    pub(in crate::http) async fn owner(&self) -> Result<Owner, Turned> {
        Ok(self.visit.request.sessions().require_owner(self.viewer.clone()).await?)
    }

    /// Returns the authority to change the account if the user has authenticated recently. Otherwise the user must
    /// authenticate again and returns to this page.
    ///
    /// # Errors
    /// Returns a redirect to the re-authentication page.
    pub(in crate::http) async fn fresh(&self) -> Result<Owner, Turned> {
        let owner = self.owner().await?;
        if self.visit.request.sessions().is_fresh(&owner) { Ok(owner) } else { Err(self.confirm()) }
    }

    /// Redirects to the page that asks the user to authenticate again and then returns to this page.
    pub(in crate::http) fn confirm(&self) -> Turned {
        Turned::Elsewhere(self.visit.detour("signin/confirm", &Continue::Page(self.page.clone())))
    }

    /// Redirects to the page that asks for a passkey and then returns to this page.
    pub(in crate::http) fn confirm_by_passkey(&self) -> Turned {
        let page = self.visit.leading_to("signin/confirm", &Continue::Page(self.page.clone()));
        Turned::Elsewhere(match page {
            Some(page) => format!("{page}&only=passkey"),
            None => self.visit.path("account"),
        })
    }

    /// Redirects to the re-authentication page. It returns to this page with the submitted values.
    pub(in crate::http) fn confirm_keeping(&self, state: &AppState, typed: &BTreeMap<&'static str, String>) -> Turned {
        let kept = Kept(typed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        let answer = |sealed: &str| {
            let page = format!("{}?{}={sealed}", self.page, Kept::NAME);
            go(self.visit.detour("signin/confirm", &Continue::Page(page)))
        };
        Turned::Keeping(Box::new(self.visit.carrying(state, &kept, answer)))
    }

    /// Returns the values of these fields that were submitted before the user authenticated again.
    pub(in crate::http) fn kept(&self, names: &[&'static str]) -> BTreeMap<&'static str, String> {
        let Some(Kept(kept)) = self.visit.carried::<Kept>() else { return BTreeMap::new() };
        names.iter().filter_map(|name| Some((*name, kept.get(*name)?.clone()))).collect()
    }

    /// Returns whether the account needs two factors, so that a password alone cannot renew the session.
    pub(in crate::http) fn needs_two(&self) -> bool {
        self.visit.request.sessions().needs_two(&self.viewer)
    }

    /// Replaces the cookie's value after a change that ends other sessions, so that a stolen copy is useless. The
    /// change is committed even if this fails.
    pub(in crate::http) async fn renewed(&self, state: &AppState, mut response: Response) -> Response {
        if let Err(error) = self.visit.renew_session(state, &mut response).await {
            tracing::debug!(%error, "value of a session's cookie not replaced");
        }
        response
    }

    /// Sets the cookie value that was issued when the session authenticated again.
    pub(in crate::http) fn with_cookie(
        &self,
        state: &AppState,
        mut response: Response,
        renewed: Option<&RenewedCookie>,
    ) -> Response {
        // A ticket of an earlier session in the same browser must not replace the current session.
        if let Some(renewed) = renewed.filter(|renewed| renewed.token.session() == self.viewer.session()) {
            self.visit.set_renewed(state, &mut response, renewed);
        }
        response
    }
}
