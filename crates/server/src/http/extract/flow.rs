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

/// Maximum length of a continuation in the cookie of a flow. Longer ones have separate cookies, because browsers drop
/// cookies of more than 4 KiB.
const MAX_LENGTH: usize = 3 * 1024;
/// Maximum length of each part of a long continuation.
const MAX_PART_LENGTH: usize = 3600;
/// Maximum number of flows with a long continuation, so that the head of a request stays short.
const MAX_LONG_FLOWS: usize = 2;

/// Maximum total size in bytes, because browsers send them with every request.
const MAX_BYTES: usize = 12 * 1024;

/// Cookies of this browser's flows at other providers and of its emailed links. Each has its own cookie, and their
/// names sort by time. Never printed.
pub(in crate::http) struct FlowCookies {
    prefix: String,
    flows: Vec<(String, String)>,
    /// Prefix of the cookies with long continuations.
    next: String,
    /// Parts of long continuations. Each is named by its flow and its number.
    parts: Vec<(String, String)>,
}

impl std::fmt::Debug for FlowCookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FlowCookies({})", self.flows.len())
    }
}

impl FlowCookies {
    fn of(state: &AppState, headers: &HeaderMap) -> Self {
        let (prefix, next) = (cookie::of_realm(state, "flow", ""), cookie::of_realm(state, "next", ""));
        let (mut flows, mut parts) = (cookie::beginning_with(&prefix, headers), cookie::beginning_with(&next, headers));
        flows.sort();
        parts.sort();
        Self { prefix, flows, next, parts }
    }

    /// Returns the cookie value of a flow.
    pub(in crate::http) fn value(&self, id: &str) -> Option<String> {
        self.flows.iter().find(|(known, _)| known == id).map(|(_, value)| value.clone())
    }

    /// Returns the continuation if it fits into the cookie of the flow.
    pub(in crate::http) fn short(next: Option<&str>) -> Option<&str> {
        next.filter(|text| text.len() <= MAX_LENGTH)
    }

    /// Returns the continuation of a flow if it is in separate cookies.
    pub(in crate::http) fn next(&self, id: &str) -> Option<String> {
        let text: String = self.parts_of(id).map(|(_, part)| part.as_str()).collect();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns all values. One of them may belong to an emailed link.
    pub(in crate::http) fn values(&self) -> Vec<&str> {
        self.flows.iter().map(|(_, value)| value.as_str()).collect()
    }

    /// Adds a flow. If there are too many, it replaces the oldest. A long continuation (`next`) is stored in separate
    /// cookies.
    pub(in crate::http) fn add(
        &self,
        state: &AppState,
        response: &mut Response,
        (id, value): (&str, &str),
        next: Option<&str>,
    ) {
        self.put(state, response, (id, value), FLOW_TTL);
        let Some(long) = next.filter(|text| Self::short(Some(text)).is_none()) else { return };
        let mut known: Vec<&str> = self.parts.iter().filter_map(|(name, _)| Some(name.split_once('_')?.0)).collect();
        known.dedup();
        for old in known.iter().take((known.len() + 1).saturating_sub(MAX_LONG_FLOWS)) {
            self.forget_parts(state, response, old);
        }
        // It is base64url, so it can be cut anywhere.
        for (number, part) in long.as_bytes().chunks(MAX_PART_LENGTH).enumerate() {
            let name = format!("{}{id}_{number}", self.next);
            cookie::set(state, response, &name, &String::from_utf8_lossy(part), Some(FLOW_TTL));
        }
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
        self.forget_parts(state, response, id);
    }

    fn forget_parts(&self, state: &AppState, response: &mut Response, id: &str) {
        for (name, _) in self.parts_of(id) {
            cookie::set(state, response, &format!("{}{name}", self.next), "", Some(Duration::ZERO));
        }
    }

    fn parts_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a (String, String)> {
        self.parts.iter().filter(move |(name, _)| name.split_once('_').is_some_and(|(flow, _)| flow == id))
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
