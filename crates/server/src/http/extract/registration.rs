use std::{convert::Infallible, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use portcullis_core::link::BrowserProof;

use super::{browser::Browser, cookie::CookieName};
use crate::http::state::AppState;

const NAME: CookieName = CookieName("portcullis_registration", "__Host-portcullis_registration");

/// Cookie of the browser that submitted a registration.
#[derive(Debug)]
pub(in crate::http) struct RegistrationCookie {
    value: Option<String>,
    browser: Browser,
}

impl RegistrationCookie {
    pub(in crate::http) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Sets the cookie for the lifetime of the registration, if the client is a browser.
    pub(in crate::http) fn set(
        &self,
        response: Response,
        state: &AppState,
        proof: &BrowserProof,
        lifetime: Duration,
    ) -> Response {
        if self.browser.keeps_cookies() { NAME.set(state, response, proof.expose(), lifetime) } else { response }
    }
}

impl FromRequestParts<AppState> for RegistrationCookie {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let browser = Browser::of(&parts.method, &parts.headers);
        Ok(Self { value: NAME.value(state, &parts.headers), browser })
    }
}
