use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use portcullis_core::federation::{FLOW_TTL, LinkCookie};

use super::cookie;
use crate::http::state::AppState;

/// Maximum number of concurrent flows per browser. Each tab may have its own.
const MAX: usize = 8;

/// Maximum total size in bytes, because browsers send them with every request.
const MAX_BYTES: usize = 12 * 1024;

/// Cookies of this browser's flows at other providers and of its emailed links. Each has its own cookie, and their
/// names sort by time. Never printed.
pub(in crate::http) struct FlowCookies {
    prefix: String,
    flows: Vec<(String, String)>,
}

impl std::fmt::Debug for FlowCookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FlowCookies({})", self.flows.len())
    }
}

impl FlowCookies {
    fn of(state: &AppState, headers: &HeaderMap) -> Self {
        let prefix = cookie::of_realm(state, "flow", "");
        let mut flows = cookie::beginning_with(&prefix, headers);
        flows.sort();
        Self { prefix, flows }
    }

    /// Returns the cookie value of a flow.
    pub(in crate::http) fn value(&self, id: &str) -> Option<String> {
        self.flows.iter().find(|(known, _)| known == id).map(|(_, value)| value.clone())
    }

    /// Returns all values. One of them may belong to an emailed link.
    pub(in crate::http) fn values(&self) -> Vec<&str> {
        self.flows.iter().map(|(_, value)| value.as_str()).collect()
    }

    /// Adds a flow. Replaces the oldest one if there are too many.
    pub(in crate::http) fn add(&self, state: &AppState, response: &mut Response, id: &str, value: &str) {
        self.put(state, response, (id, value), FLOW_TTL);
    }

    /// Adds the cookie of an emailed link. If there are too many, it replaces the oldest.
    pub(in crate::http) fn add_link(&self, state: &AppState, response: &mut Response, cookie: &LinkCookie) {
        self.put(state, response, (&cookie.id, &cookie.value), cookie.lifetime);
    }

    fn put(&self, state: &AppState, response: &mut Response, (id, value): (&str, &str), lifetime: Duration) {
        let mut kept = &self.flows[..];
        while let [(old, _), rest @ ..] = kept {
            let bytes: usize = kept.iter().map(|(_, value)| value.len()).sum();
            if kept.len() < MAX && bytes + value.len() <= MAX_BYTES {
                break;
            }
            self.forget(state, response, old);
            kept = rest;
        }
        self.set(state, response, id, value, lifetime);
    }

    /// Removes a completed flow.
    pub(in crate::http) fn forget(&self, state: &AppState, response: &mut Response, id: &str) {
        self.set(state, response, id, "", Duration::ZERO);
    }

    fn set(&self, state: &AppState, response: &mut Response, id: &str, value: &str, lifetime: Duration) {
        cookie::set(state, response, &format!("{}{id}", self.prefix), value, Some(lifetime));
    }
}

impl FromRequestParts<AppState> for FlowCookies {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self::of(state, &parts.headers))
    }
}
