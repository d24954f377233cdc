//! The authorization request that a page returns to.

use std::time::Duration;

use axum::response::Response;
use portcullis_core::oauth::{AuthorizeRequest, Lacking};

use super::{BrowserValue, Continue, Visit};
use crate::http::{layers::headers::form_target, redirect::go, state::AppState};

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

    /// Returns what the user must prove before the application's request continues.
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

    /// Binds a new request to this browser. Also returns the value that the response must keep.
    pub(in crate::http) fn bind(&self, request: AuthorizeRequest) -> (AuthorizeRequest, BrowserValue) {
        let browser = self.browser_value();
        (request.in_browser(browser.text(), self.request.ctx.now), browser)
    }

    /// Signs the browser out and redirects to the sign-in page, which returns to the request of the application.
    /// Returns `None` if there is none. State carried by earlier pages becomes invalid.
    pub(in crate::http) fn sign_in_after(&self, state: &AppState) -> Option<Response> {
        let browser = self.new_browser_value();
        let request = self.asked()?.moved_to(browser.text(), self.request.ctx.now);
        let mut response = go(self.leading_to("signin", &Continue::Authorize(Box::new(request)))?);
        self.set_cookie(state, &mut response, "session", "", Some(Duration::ZERO));
        self.keep_browser(state, &mut response, &browser);
        Some(response)
    }
}
