use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use portcullis_core::federation::FLOW_TTL;

use super::cookie;
use crate::http::state::AppState;

/// Most flows of a browser; each of its tabs may have one.
const MOST: usize = 8;

/// The flows of a browser at other providers: a cookie for each, whose names sort by time.
#[derive(Debug)]
pub(in crate::http) struct FlowCookies {
    prefix: String,
    flows: Vec<(String, String)>,
}

impl FlowCookies {
    fn of(state: &AppState, headers: &HeaderMap) -> Self {
        let prefix = cookie::of_realm(state, "flow", "");
        let mut flows = cookie::beginning_with(&prefix, headers);
        flows.sort();
        Self { prefix, flows }
    }

    /// Returns the value of a flow.
    pub(in crate::http) fn value(&self, id: &str) -> Option<String> {
        self.flows.iter().find(|(known, _)| known == id).map(|(_, value)| value.clone())
    }

    /// Adds a flow, in place of the oldest if there are too many.
    pub(in crate::http) fn add(&self, state: &AppState, response: &mut Response, id: &str, value: &str) {
        let surplus = (self.flows.len() + 1).saturating_sub(MOST);
        for (old, _) in self.flows.iter().take(surplus) {
            self.forget(state, response, old);
        }
        self.set(state, response, id, value, FLOW_TTL);
    }

    /// Removes a flow that has ended.
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
