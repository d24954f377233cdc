//! The authorization request that a page returns to.

use portcullis_core::oauth::AuthorizeRequest;

use super::{Continue, Visit};
use crate::http::layers::headers::form_target;

impl Visit {
    /// Returns the redirect target of the forms on a page that returns to an application.
    pub(in crate::http) fn client_target(&self) -> Option<String> {
        form_target(self.asked()?.redirect_uri()?)
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

    /// Returns the authorization request that this page returns to.
    fn asked(&self) -> Option<AuthorizeRequest> {
        match self.next()? {
            Continue::Authorize(request) => Some(*request),
            Continue::Page(_) => None,
        }
    }
}
