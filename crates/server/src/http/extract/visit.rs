//! A browser's request of a page: its session, and the state that the page carries in its URL.

use std::time::Duration;

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use portcullis_core::{
    Error,
    error::catalogue::UNREADABLE,
    id::ChallengeId,
    link::{CarriedFor, MAX_CARRIED_LENGTH},
    oauth::{AuthorizeRequest, EndSessionRequest},
    service::{RenewedCookie, Viewer},
    token::BrowserToken,
};
use serde::{Deserialize, Serialize};

use super::{RealmRequest, cookie};
use crate::http::{problem::ApiError, redirect::go, state::AppState};

/// Lifetime of state carried in URLs.
pub(super) const CARRIED_FOR: Duration = Duration::from_secs(3600);
/// Lifetime of convenience cookies: the last sign-in method, and whether to offer a passkey.
const HELPS_FOR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Redirect target after a sign-in, sealed in the URL of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Continue {
    /// A page of the account, as a path in the realm.
    Page(String),
    /// An authorization request.
    Authorize(Box<AuthorizeRequest>),
    /// A page that must come first, and the request of an application after it.
    Before(String, Box<AuthorizeRequest>),
    /// The request of an application to sign out.
    EndSession(Box<EndSessionRequest>),
}

/// A request for a page of a realm that has pages. Its cookies and parameters are never printed.
pub(in crate::http) struct Visit {
    pub(in crate::http) request: RealmRequest,
    /// Authority of the browser session, if there is one.
    pub(in crate::http) viewer: Option<Viewer>,
    /// Path of the realm.
    home: String,
    /// Parameters of the URL, as sent.
    parameters: Vec<(String, String)>,
    session: Option<String>,
    /// Random value known only to this browser.
    browser: Option<String>,
    /// Last sign-in method used in this browser.
    pub(in crate::http) last: Option<String>,
    /// Sign-in code that this browser has requested, and where its sign-in was to end.
    code: Option<String>,
    /// Number of declined passkey offers in this browser, and the day of the last one.
    pub(in crate::http) not_now: Option<String>,
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit").field("request", &self.request).field("viewer", &self.viewer).finish_non_exhaustive()
    }
}

impl Visit {
    pub(super) async fn of(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let request = RealmRequest::of(parts, state).await?;
        let realm = request.realm.name.as_str();
        if !state.templates.has_pages(realm) {
            return Err(Error::not_found().into());
        }
        let cookie = |name| cookie::value(&cookie::of_realm(state, name, realm), &parts.headers);
        let (session, browser, last) = (cookie("session"), cookie("browser"), cookie("last"));
        let (not_now, code) = (cookie("not_now"), cookie("code"));
        let viewer = match &session {
            Some(session) => request.sessions().authenticate_browser(session).await?,
            None => None,
        };
        let query = parts.uri.query().unwrap_or_default();
        let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if parameters.iter().any(|(name, text)| name == "continue" && text.len() > MAX_CARRIED_LENGTH) {
            return Err(UNREADABLE.into());
        }
        let home = format!("{}/{realm}", state.info.root);
        Ok(Self { request, viewer, home, parameters, session, browser, last, code, not_now })
    }

    /// Returns a URL parameter.
    pub(in crate::http) fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns all parameters of the URL. A parameter may occur several times.
    pub(in crate::http) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Restores the redirect target of a flow. The flow's cookie has kept it from the URL of the page.
    pub(in crate::http) fn resume(&mut self, next: Option<&str>) {
        self.parameters.retain(|(name, _)| name != "continue");
        self.parameters.extend(next.map(|next| ("continue".to_owned(), next.to_owned())));
    }

    pub(super) fn browser_if_any(&self) -> Option<&str> {
        self.browser.as_deref()
    }

    /// Returns the path of a page of the realm.
    pub(in crate::http) fn path(&self, page: &str) -> String {
        format!("{}/{page}", self.home)
    }

    /// Returns the redirect target after the sign-in, if the URL contains a valid one.
    pub(in crate::http) fn next(&self) -> Option<Continue> {
        let text = self.parameter("continue")?;
        CONTINUE.open(self.request.ctx.now, &self.request.realm.keys, text)
    }

    /// Returns whether the URL contains a redirect target that has expired.
    pub(in crate::http) fn is_outdated(&self) -> bool {
        self.parameter("continue").is_some() && self.next().is_none()
    }

    /// Returns the query for links to other pages, with additional parameters.
    pub(in crate::http) fn query(&self, more: &[(&str, &str)]) -> String {
        let carried = self.parameter("continue").filter(|_| self.next().is_some());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(carried.map(|text| ("continue", text)));
        query.extend_pairs(more);
        match query.finish() {
            empty if empty.is_empty() => empty,
            query => format!("?{query}"),
        }
    }

    /// Returns the path of another page with the same redirect target.
    pub(in crate::http) fn link(&self, page: &str, more: &[(&str, &str)]) -> String {
        format!("{}{}", self.path(page), self.query(more))
    }

    /// Returns the path of a page that redirects to `next` afterwards.
    pub(in crate::http) fn detour(&self, page: &str, next: &Continue) -> String {
        self.leading_to(page, next).unwrap_or_else(|| self.path(page))
    }

    /// Returns the URL of a page that leads to `next`, or `None` if it would be too long.
    pub(in crate::http) fn leading_to(&self, page: &str, next: &Continue) -> Option<String> {
        self.sealed_continue(next).map(|sealed| format!("{}?continue={sealed}", self.path(page)))
    }

    /// Returns the continuation of the sign-in, sealed for a URL; `None` if it is too long.
    pub(in crate::http) fn sealed_continue(&self, next: &Continue) -> Option<String> {
        CONTINUE.seal(&self.request.ctx, &self.request.realm.keys, CARRIED_FOR, next)
    }

    /// Redirects to the target of the sign-in, or to the account page.
    pub(in crate::http) fn go_on(&self) -> Response {
        match self.next() {
            // Carried pages belong to this server, but a sign-in may only redirect to an account page or to the page
            // that links an identity.
            Some(Continue::Page(page)) if is_end(&page) => go(self.path(&page)),
            // The sealed request is passed on unchanged.
            Some(Continue::Authorize(_)) => go(self.link("authorize", &[])),
            Some(Continue::Before(page, request)) if is_end(&page) => {
                match self.sealed_continue(&Continue::Authorize(request)) {
                    Some(sealed) => go(format!("{}&continue={sealed}", self.path(&page))),
                    None => go(self.path(&page)),
                }
            }
            _ => go(self.path("account")),
        }
    }

    /// Sets the cookie of a new session, and remembers the sign-in method.
    pub(in crate::http) fn set_session(
        &self,
        state: &AppState,
        response: &mut Response,
        token: &BrowserToken,
        (keep, last): (bool, &str),
    ) {
        let remember = self.request.realm.policy.browser_remember;
        let lifetime = (keep && !remember.is_zero()).then_some(remember);
        self.set_cookie(state, response, "session", &token.expose(), lifetime);
        self.set_cookie(state, response, "last", last, Some(HELPS_FOR));
    }

    /// Stores the continuation of a sign-in with an emailed code in a cookie, so that its link continues there as well.
    /// A continuation that is too long for a cookie is not stored.
    pub(in crate::http) fn remember_code(&self, state: &AppState, response: &mut Response, challenge: &ChallengeId) {
        let next = self.parameter("continue").filter(|text| self.next().is_some() && text.len() <= MAX_CODE_LENGTH);
        let lifetime = self.request.realm.policy.signin_code_ttl;
        let kept =
            next.map(|next| (CODE.seal(&self.request.ctx, &self.request.realm.keys, lifetime, &challenge.0), next));
        let value = kept.and_then(|(id, next)| Some(format!("{}.{next}", id?))).unwrap_or_default();
        self.set_cookie(
            state,
            response,
            "code",
            &value,
            Some(if value.is_empty() { Duration::ZERO } else { lifetime }),
        );
    }

    /// Restores the continuation of a sign-in with an emailed code, if this browser requested the code. An attacker
    /// cannot choose it by extending the link.
    pub(in crate::http) fn resume_code(&mut self, challenge: &ChallengeId) {
        let next = self.code.as_deref().and_then(|value| value.split_once('.')).and_then(|(id, next)| {
            let known: Option<[u8; 16]> = CODE.open(self.request.ctx.now, &self.request.realm.keys, id);
            (known == Some(challenge.0)).then(|| next.to_owned())
        });
        self.resume(next.as_deref());
    }

    /// Remembers declined passkey offers for a year.
    pub(in crate::http) fn set_not_now(&self, state: &AppState, response: &mut Response, value: &str) {
        self.set_cookie(state, response, "not_now", value, Some(HELPS_FOR));
    }

    /// Ends the browser's session, if it has one.
    pub(in crate::http) async fn end_session(&self) -> Result<(), Error> {
        match &self.session {
            Some(session) => self.request.sessions().end_browser(session).await,
            None => Ok(()),
        }
    }

    /// Replaces the value of the session's cookie.
    pub(super) async fn renew_session(&self, state: &AppState, response: &mut Response) -> Result<(), Error> {
        let Some(session) = &self.session else { return Ok(()) };
        let renewed = self.request.sessions().renew_browser(session).await?;
        self.set_renewed(state, response, &renewed);
        Ok(())
    }

    /// Sets the new value of the session cookie.
    pub(in crate::http) fn set_renewed(&self, state: &AppState, response: &mut Response, renewed: &RenewedCookie) {
        self.set_cookie(state, response, "session", &renewed.token.expose(), renewed.kept);
    }

    /// Removes the session cookie, and the cookie that opens the carried state of this user.
    pub(in crate::http) fn forget_session(&self, state: &AppState, response: &mut Response) {
        self.set_cookie(state, response, "session", "", Some(Duration::ZERO));
        self.set_cookie(state, response, "browser", "", Some(Duration::ZERO));
    }

    pub(super) fn set_cookie(
        &self,
        state: &AppState,
        response: &mut Response,
        name: &str,
        value: &str,
        lifetime: Option<Duration>,
    ) {
        let name = cookie::of_realm(state, name, self.request.realm.name.as_str());
        cookie::set(state, response, &name, value, lifetime);
    }
}

const CODE: CarriedFor<'static> = CarriedFor { purpose: "signin_code", browser: "" };
/// Maximum length of `continue` in the cookie of an emailed code: browsers keep at most 4,096 bytes.
const MAX_CODE_LENGTH: usize = 3500;

const CONTINUE: CarriedFor<'static> = CarriedFor { purpose: "continue", browser: "" };

/// Returns whether a sign-in may redirect to this page.
fn is_end(page: &str) -> bool {
    page.starts_with("account") || page.strip_prefix("signin/link?linking=").is_some_and(is_carried)
}

/// Returns whether a text has the form of a carried value, which needs no encoding.
pub(in crate::http) fn is_carried(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Self::of(parts, state).await
    }
}
