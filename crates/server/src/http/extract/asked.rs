//! The authorization request that a page returns to.

use std::time::Duration;

use axum::response::Response;
use portcullis_core::oauth::{AuthorizeRequest, Lacking};

use super::{
    Continue, Visit,
    carried::{BROWSER_FOR, new_browser},
    visit::go,
};
use crate::http::{layers::headers::form_target, state::AppState};

impl Visit {
    /// Returns the redirect target of the forms on a page that returns to an application.
    pub(in crate::http) fn client_target(&self) -> Option<String> {
        let uri = match self.next()? {
            Continue::EndSession(request) => request.redirect_uri().map(str::to_owned),
            _ => self.asked()?.redirect_uri().map(str::to_owned),
        };
        form_target(&uri?)
    }

    /// Returns whether the user must choose an account even though the browser is signed in.
    pub(in crate::http) fn selects_account(&self) -> bool {
        self.asked()
            .zip(self.viewer.as_ref())
            .is_some_and(|(asked, viewer)| asked.selects_account(viewer.signed_in_at()))
    }

    /// Returns the email address that the application expects.
    pub(in crate::http) fn login_hint(&self) -> Option<String> {
        self.asked()?.login_hint().map(str::to_owned)
    }

    /// Returns whether this page returns to an application.
    pub(in crate::http) fn is_for_client(&self) -> bool {
        self.asked().is_some()
    }

    /// Returns what the user must prove before the request of the application goes on.
    pub(in crate::http) fn lacks(&self) -> Option<Lacking> {
        self.asked()?.lacks().cloned()
    }

    /// Returns the request of the application to which this page leads back, as it counts in this browser.
    pub(in crate::http) fn asked(&self) -> Option<AuthorizeRequest> {
        match self.next()? {
            Continue::Authorize(request) | Continue::Before(_, request) => Some(self.in_browser(*request)),
            Continue::Page(_) | Continue::EndSession(_) => None,
        }
    }

    fn in_browser(&self, request: AuthorizeRequest) -> AuthorizeRequest {
        request.in_browser(self.browser_if_any().unwrap_or_default(), self.request.ctx.now)
    }

    /// Binds a new request to this browser. Returns the value for its cookie as well, if it has none yet.
    pub(in crate::http) fn bind(&self, request: AuthorizeRequest) -> (AuthorizeRequest, Option<String>) {
        let now = self.request.ctx.now;
        if self.has_browser() {
            return (request.in_browser(self.browser_if_any().unwrap_or_default(), now), None);
        }
        let new = new_browser(&self.request.ctx);
        (request.in_browser(&new, now), Some(new))
    }

    /// Sets the cookie that binds what pages carry to this browser.
    pub(in crate::http) fn set_browser(&self, state: &AppState, response: &mut Response, value: &str) {
        self.set_cookie(state, response, "browser", value, Some(BROWSER_FOR));
    }

    /// Signs the browser out, and leads to the sign-in page that goes on with the request of the application; `None` if there is none.
    /// What pages carried before opens no longer.
    pub(in crate::http) fn sign_in_after(&self, state: &AppState) -> Option<Response> {
        let new = new_browser(&self.request.ctx);
        let request = self.asked()?.moved_to(&new, self.request.ctx.now);
        let mut response = go(&self.leading_to("signin", &Continue::Authorize(Box::new(request)))?);
        self.set_cookie(state, &mut response, "session", "", Some(Duration::ZERO));
        self.set_browser(state, &mut response, &new);
        Some(response)
    }
}
