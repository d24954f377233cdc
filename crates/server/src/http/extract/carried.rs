//! State that pages carry in their URLs, sealed for one browser.

use std::time::Duration;

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{Ctx, link::CarriedFor};
use serde::{Serialize, de::DeserializeOwned};

use super::visit::{CARRIED_FOR, Visit, go};
use crate::http::state::AppState;

/// Lifetime of the cookie that binds carried state to the browser.
pub(super) const BROWSER_FOR: Duration = Duration::from_secs(24 * 3600);

/// State that a page carries in its URL besides `continue`, sealed for this browser.
pub(in crate::http) trait Carried: Serialize + DeserializeOwned {
    /// Purpose, also used as the name of the parameter.
    const NAME: &'static str;
    /// Maximum age of the URL.
    const LIFETIME: Duration = CARRIED_FOR;
}

/// A sealed value for a URL, and the cookie that opens it if the browser has none yet.
struct ForBrowser {
    sealed: String,
    new: Option<String>,
}

/// Returns whether a value can be that of a browser.
fn is_long(value: &str) -> bool {
    value.len() >= 20
}

/// Returns a random value for a browser.
pub(super) fn new_browser(ctx: &Ctx) -> String {
    BASE64URL_NOPAD.encode(&ctx.bytes::<16>())
}

impl Visit {
    /// Returns whether the browser has a value that only it has.
    pub(super) fn has_browser(&self) -> bool {
        self.browser_if_any().is_some_and(is_long)
    }

    /// Returns the state that the URL carries for this browser.
    pub(in crate::http) fn carried<T: Carried>(&self) -> Option<T> {
        let (text, browser) = (self.parameter(T::NAME)?, self.browser_if_any()?);
        let bound = CarriedFor { purpose: T::NAME, browser };
        bound.open(self.request.ctx.now, &self.request.realm.keys, text)
    }

    /// Redirects to a page with this state in the URL, sealed for this browser.
    pub(in crate::http) fn carry<T: Carried>(
        &self,
        state: &AppState,
        page: &str,
        value: &T,
        more: &[(&str, &str)],
    ) -> Response {
        self.carrying(state, value, |sealed| go(&self.link(page, &[&[(T::NAME, sealed)], more].concat())))
    }

    /// Builds a response from this state, sealed for this browser.
    pub(in crate::http) fn carrying<T: Carried>(
        &self,
        state: &AppState,
        value: &T,
        answer: impl FnOnce(&str) -> Response,
    ) -> Response {
        let ForBrowser { sealed, new } = self.sealed(value, self.browser_if_any().map(str::to_owned));
        let mut response = answer(&sealed);
        if let Some(new) = new {
            self.set_cookie(state, &mut response, "browser", &new, Some(BROWSER_FOR));
        }
        response
    }

    fn sealed<T: Carried>(&self, value: &T, browser: Option<String>) -> ForBrowser {
        let ctx = &self.request.ctx;
        let known = browser.filter(|value| is_long(value));
        let new = known.is_none().then(|| new_browser(ctx));
        let bound = CarriedFor { purpose: T::NAME, browser: known.as_deref().or(new.as_deref()).unwrap_or_default() };
        let sealed = bound.seal(ctx, &self.request.realm.keys, T::LIFETIME, value).unwrap_or_default();
        ForBrowser { sealed, new }
    }

    /// Returns the state sealed for a form of a page that was itself opened with carried state.
    pub(super) fn sealed_again<T: Carried>(&self, value: &T) -> String {
        self.sealed(value, self.browser_if_any().map(str::to_owned)).sealed
    }

    /// Signs the browser out and redirects to another page with this state. State carried by earlier pages becomes
    /// invalid.
    pub(in crate::http) fn leave<T: Carried>(&self, state: &AppState, page: &str, value: &T) -> Response {
        let ForBrowser { sealed, new } = self.sealed(value, None);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(T::NAME, &sealed);
        let mut response = go(&format!("{}?{}", self.path(page), query.finish()));
        self.set_cookie(state, &mut response, "session", "", Some(Duration::ZERO));
        self.set_cookie(state, &mut response, "browser", &new.unwrap_or_default(), Some(BROWSER_FOR));
        response
    }
}
