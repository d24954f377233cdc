//! Responses of pages: a page with its headers, or a form with its errors.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use portcullis_core::{Error, error::ErrorKind};

use super::words;
use crate::{
    http::{
        extract::{Fields, Visit},
        layers::headers::{CSP_GATE, CSP_PASSKEYS, ending_at, keep_opener},
        page,
        problem::{self, ApiError},
        state::AppState,
    },
    templates::{Page, in_words, pages::Gate},
};

/// Responds with a page whose form relies on a cookie.
pub(super) fn show(state: &AppState, visit: &Visit, page: &impl Page) -> Response {
    show_with(state, visit, StatusCode::OK, page)
}

pub(super) fn show_with<P: Page>(state: &AppState, visit: &Visit, status: StatusCode, page: &P) -> Response {
    let mut response = page::html(state, &visit.request, status, page);
    let headers = response.headers_mut();
    let policy = if P::USES_PASSKEYS { CSP_PASSKEYS } else { CSP_GATE };
    let for_client = visit.client_target().and_then(|target| ending_at(&policy, &target));
    let is_for_client = for_client.is_some();
    headers.insert(CONTENT_SECURITY_POLICY, for_client.unwrap_or(policy));
    // Makes browsers send `Origin` with the form.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if is_for_client {
        keep_opener(&mut response);
    }
    response
}

/// Responds with the form and its errors. Server errors have their own page.
pub(super) fn again<P: Page>(
    state: &AppState,
    visit: &Visit,
    error: Error,
    (gate, typed): (Gate, &Typed),
    page: impl FnOnce(Gate) -> P,
) -> Response {
    let kind = error.kind();
    let mut gate = Gate { form: typed.0.clone(), ..gate };
    let status = match kind {
        ErrorKind::Limited(wait) => {
            gate.problem = "wait";
            gate.wait = in_words(whole_seconds(wait));
            problem::status(kind)
        }
        ErrorKind::Invalid => {
            let min_length = visit.request.realm.policy.password.min_length;
            gate.errors = error.fields().iter().map(|field| words::of(field, min_length)).collect();
            if gate.problem.is_empty() && gate.errors.is_empty() {
                gate.problem = "fields";
            }
            problem::REFUSED_FORM
        }
        _ => return ApiError::from(error).into_response(),
    };
    let mut response = show_with(state, visit, status, &page(gate));
    if let Some(wait) = problem::retry_after(kind) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

fn whole_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_millis().div_ceil(1000).max(1) as u64)
}

/// Submitted values to redisplay in a form. Never contains passwords or codes.
#[derive(Debug, Default)]
pub(super) struct Typed(pub(super) std::collections::BTreeMap<&'static str, String>);

impl Typed {
    /// Takes the values of these fields.
    pub(super) fn of(fields: &Fields, names: &[&'static str]) -> Self {
        let text = |name: &&'static str| Some((*name, fields.peek(name)?.to_owned()));
        Self(names.iter().filter_map(text).collect())
    }
}
