//! In-process client of the admin API, used by the dashboard. Calls carry the browser's cookie and address, so
//! authorization, limits, errors and audit are those of the API.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONTENT_TYPE, COOKIE, HOST, IF_MATCH, ORIGIN, RETRY_AFTER, USER_AGENT},
        request::Parts,
    },
};
use portcullis_core::{Ctx, Error};
use serde_json::Value;
use tower::ServiceExt as _;

use super::layers::scope::{AtAdminListener, Peer};

/// Headers that identify the caller and the originating site. `Authorization` is excluded, because API keys cannot
/// open pages.
const CARRIED: [HeaderName; 6] = [
    COOKIE,
    HOST,
    ORIGIN,
    USER_AGENT,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("x-forwarded-for"),
];

/// The admin routes inside the request layers.
#[derive(Clone)]
pub(super) struct AdminApi {
    router: Router,
}

/// The browser request that causes the API calls.
pub(super) struct OnBehalf {
    headers: HeaderMap,
    peer: Option<Peer>,
    listener: Option<AtAdminListener>,
    ctx: Ctx,
}

impl OnBehalf {
    /// Takes what the API needs from a request.
    ///
    /// # Errors
    /// Returns `Internal` if the request has no request scope.
    pub(super) fn of(parts: &Parts) -> Result<Self, Error> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        let ctx = ctx.ok_or_else(|| Error::internal("a page outside the frame of a request"))?;
        let mut headers = HeaderMap::new();
        for name in CARRIED {
            for value in parts.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        let (peer, listener) = (parts.extensions.get().copied(), parts.extensions.get().copied());
        Ok(Self { headers, peer, listener, ctx })
    }

    pub(super) const fn ctx(&self) -> &Ctx {
        &self.ctx
    }
}

/// A call of the admin API.
pub(super) struct Call {
    method: Method,
    /// Path below `/v1/admin`, with the query.
    path: String,
    body: Option<Value>,
    revision: Option<String>,
}

impl Call {
    pub(super) const fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: None, revision: None }
    }

    pub(super) const fn of(method: Method, path: String, body: Option<Value>) -> Self {
        Self { method, path, body, revision: None }
    }

    /// Sets `If-Match` to a revision.
    pub(super) fn at(self, revision: Option<String>) -> Self {
        Self { revision, ..self }
    }
}

/// Response of the API.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) wait: Option<HeaderValue>,
}

impl Answer {
    /// Returns a string member of the body.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the error code.
    pub(super) fn code(&self) -> &str {
        self.text("code")
    }

    /// Returns the error of each invalid field: its name, code and text.
    pub(super) fn faults(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let faults = self.body.get("errors").and_then(Value::as_array).into_iter().flatten();
        faults.filter_map(|fault| {
            let text = |name| fault.get(name).and_then(Value::as_str);
            Some((text("field")?, text("code")?, text("detail")?))
        })
    }
}

impl AdminApi {
    pub(super) const fn new(router: Router) -> Self {
        Self { router }
    }

    /// Calls the API.
    ///
    /// # Errors
    /// Returns the response if it is an error.
    pub(super) async fn call(&self, from: &OnBehalf, call: Call) -> Result<Answer, Answer> {
        let answer = self.send(from, call).await;
        if answer.status.is_success() { Ok(answer) } else { Err(answer) }
    }

    async fn send(&self, from: &OnBehalf, call: Call) -> Answer {
        let body = call.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = call.method;
        if let Ok(uri) = format!("/v1/admin{}", call.path).parse() {
            *request.uri_mut() = uri;
        }
        *request.headers_mut() = from.headers.clone();
        if call.body.is_some() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let revision = call.revision.and_then(|revision| HeaderValue::from_str(&format!("\"{revision}\"")).ok());
        if let Some(revision) = revision {
            request.headers_mut().insert(IF_MATCH, revision);
        }
        if let Some(peer) = from.peer {
            request.extensions_mut().insert(peer);
        }
        if let Some(listener) = from.listener {
            request.extensions_mut().insert(listener);
        }
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        // The body was created in this process, within the limits of the API.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Answer {
            status: parts.status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            wait: parts.headers.get(RETRY_AFTER).cloned(),
        }
    }
}
