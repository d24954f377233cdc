//! State that pages carry in their URLs, sealed for one browser.

use std::time::Duration;

use axum::response::Response;
use portcullis_core::link::CarriedFor;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    browser_value::BrowserValue,
    visit::{CARRIED_FOR, Visit},
};
use crate::http::{redirect::go, state::AppState};

/// State that a page carries in its URL besides `continue`, sealed for this browser.
pub(in crate::http) trait Carried: Serialize + DeserializeOwned {
    /// Purpose, also used as the name of the parameter.
    const NAME: &'static str;
    /// Maximum age of the URL.
    const LIFETIME: Duration = CARRIED_FOR;
}

impl Visit {
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
        self.carrying(state, value, |sealed| go(self.link(page, &[&[(T::NAME, sealed)], more].concat())))
    }

    /// Builds a response from this state, sealed for this browser.
    pub(in crate::http) fn carrying<T: Carried>(
        &self,
        state: &AppState,
        value: &T,
        answer: impl FnOnce(&str) -> Response,
    ) -> Response {
        let browser = self.browser_value();
        let mut response = answer(&self.sealed(value, &browser));
        self.keep_browser(state, &mut response, &browser);
        response
    }

    fn sealed<T: Carried>(&self, value: &T, browser: &BrowserValue) -> String {
        let bound = CarriedFor { purpose: T::NAME, browser: browser.text() };
        bound.seal(&self.request.ctx, &self.request.realm.keys, T::LIFETIME, value).unwrap_or_default()
    }

    /// Returns the state sealed for a form of a page that was itself opened with carried state.
    pub(super) fn sealed_again<T: Carried>(&self, value: &T) -> String {
        self.sealed(value, &self.browser_value())
    }

    /// Signs the browser out and redirects to another page with this state. State carried by earlier pages becomes
    /// invalid.
    pub(in crate::http) fn leave<T: Carried>(&self, state: &AppState, page: &str, value: &T) -> Response {
        let browser = self.new_browser_value();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(T::NAME, &self.sealed(value, &browser));
        let mut response = go(format!("{}?{}", self.path(page), query.finish()));
        self.set_cookie(state, &mut response, "session", "", Some(Duration::ZERO));
        self.keep_browser(state, &mut response, &browser);
        response
    }
}
