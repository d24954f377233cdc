use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::HeaderValue, http::request::Parts, response::Response};
use portcullis_core::{
    service::RawField,
    session::device::{DEVICE_LIFETIME, joined},
};

use super::cookie::CookieName;
use crate::http::state::AppState;

const NAME: CookieName = CookieName("portcullis_device", "__Host-portcullis_device");

/// Cookie with the known devices of this browser.
#[derive(Debug)]
pub(in crate::http) struct DeviceCookie {
    value: Option<String>,
    /// Whether another site caused the request. Such a request must not change the cookie.
    is_cross_site: bool,
}

impl DeviceCookie {
    pub(in crate::http) fn value(&self) -> RawField {
        self.value.clone().map_or(RawField::Missing, RawField::from)
    }

    /// Returns the cookie for the response that ends a flow of this browser. The request comes from another site, but
    /// a flow cookie proves that this browser started it.
    pub(in crate::http) fn of_flow(self) -> Self {
        Self { is_cross_site: false, ..self }
    }

    /// Adds a device to those in the cookie.
    pub(in crate::http) fn add(&self, response: Response, state: &AppState, device: &str) -> Response {
        self.set(response, state, &joined(device, self.value.as_deref().into_iter()))
    }

    /// Sets the cookie to these devices.
    pub(in crate::http) fn set(&self, response: Response, state: &AppState, device: &str) -> Response {
        if self.is_cross_site { response } else { NAME.set(state, response, device, DEVICE_LIFETIME) }
    }
}

impl FromRequestParts<AppState> for DeviceCookie {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let site = parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        Ok(Self { value: NAME.value(state, &parts.headers), is_cross_site: site == Some(b"cross-site") })
    }
}
