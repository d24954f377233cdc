//! What pages carry in their URLs for one browser alone.

use std::time::Duration;

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use portcullis_core::link::CarriedFor;
use serde::{Serialize, de::DeserializeOwned};

use super::visit::{CARRIED_FOR, Visit, go};
use crate::http::state::AppState;

/// Lifetime of the cookie that binds what pages carry to the browser.
const BROWSER_FOR: Duration = Duration::from_secs(24 * 3600);

/// What a page carries in its URL beside `continue`, for this browser alone.
pub(in crate::http) trait Carried: Serialize + DeserializeOwned {
    /// Purpose, which is also the name of the parameter.
    const NAME: &'static str;
    /// Time for which the URL can be opened.
    const LIFETIME: Duration = CARRIED_FOR;
}

/// A value for a URL, and the cookie that opens it, if the browser has none yet.
struct ForBrowser {
    sealed: String,
    new: Option<String>,
}

impl Visit {
    /// Returns what the URL carries for this browser.
    pub(in crate::http) fn carried<T: Carried>(&self) -> Option<T> {
        let (text, browser) = (self.parameter(T::NAME)?, self.browser_if_any()?);
        let bound = CarriedFor { purpose: T::NAME, browser };
        bound.open(self.request.ctx.now, &self.request.realm.keys, text)
    }

    /// Redirects to a page with this value in the URL, sealed for this browser.
    pub(in crate::http) fn carry<T: Carried>(
        &self,
        state: &AppState,
        page: &str,
        value: &T,
        more: &[(&str, &str)],
    ) -> Response {
        self.carrying(state, value, |sealed| go(&self.link(page, &[&[(T::NAME, sealed)], more].concat())))
    }

    /// Answers with a text that names this value for this browser.
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
        let known = browser.filter(|value| value.len() >= 20);
        let new = known.is_none().then(|| BASE64URL_NOPAD.encode(&ctx.bytes::<16>()));
        let bound = CarriedFor { purpose: T::NAME, browser: known.as_deref().or(new.as_deref()).unwrap_or_default() };
        let sealed = bound.seal(ctx, &self.request.realm.keys, T::LIFETIME, value).unwrap_or_default();
        ForBrowser { sealed, new }
    }

    /// Returns a value for a form of a page that this browser opened by a carried value.
    pub(super) fn sealed_again<T: Carried>(&self, value: &T) -> String {
        self.sealed(value, self.browser_if_any().map(str::to_owned)).sealed
    }

    /// Answers with another page that carries this value, and signs the browser out. What pages carried before opens no longer.
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
