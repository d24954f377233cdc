//! The request of an application to which a page leads back.

use portcullis_core::oauth::AuthorizeRequest;

use super::{Continue, Visit};
use crate::http::layers::headers::form_target;

impl Visit {
    /// Returns where the forms of a page end that leads back to an application.
    pub(in crate::http) fn client_target(&self) -> Option<String> {
        form_target(self.asked()?.redirect_uri()?)
    }

    /// Returns whether the user chooses an account although the browser is signed in.
    pub(in crate::http) fn selects_account(&self) -> bool {
        self.asked()
            .zip(self.viewer.as_ref())
            .is_some_and(|(asked, viewer)| asked.selects_account(viewer.signed_in_at()))
    }

    /// Returns the address that the application expects its user to have.
    pub(in crate::http) fn login_hint(&self) -> Option<String> {
        self.asked()?.login_hint().map(str::to_owned)
    }

    /// Returns whether this page leads back to an application.
    pub(in crate::http) fn is_for_client(&self) -> bool {
        self.asked().is_some()
    }

    /// Returns the request of the application to which this page leads back.
    fn asked(&self) -> Option<AuthorizeRequest> {
        match self.next()? {
            Continue::Authorize(request) => Some(*request),
            Continue::Page(_) => None,
        }
    }
}
