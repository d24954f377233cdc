//! `authorize`, the endpoint to which applications send users to sign in.

use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::catalogue::REQUEST_TOO_LONG,
    oauth::{AuthorizeRequest, ResponseMode},
    service::{Authorized, ClientAnswer, Decision},
};

use super::consent;
use crate::{
    http::{
        extract::{BrowserValue, Continue, FormBody, Visit},
        layers::headers::{CSP_GATE, ending_at, form_target, keep_opener},
        openapi::RealmPath,
        page,
        problem::ApiError,
        redirect::go,
        state::AppState,
    },
    templates::pages::Authorize,
};

/// Sign users in for an application
///
/// The OpenID Connect authorization endpoint. It responds to the redirect URI of the application, after all required
/// pages.
#[utoipa::path(get, path = "/v1/{realm}/authorize", tag = "Pages", params(RealmPath), responses((status = 303, description = "To a page, or back to the application", content_type = "text/html", body = String)))]
pub(crate) async fn authorize(State(state): State<AppState>, visit: Visit) -> Response {
    // A request that returns from a page is carried in its URL.
    let request = match visit.next() {
        Some(Continue::Authorize(request)) => Some(*request),
        _ => AuthorizeRequest::read(visit.pairs(), visit.request.ctx.now),
    };
    let Some(request) = request else { return ApiError::from(REQUEST_TOO_LONG).into_response() };
    let (request, browser) = visit.bind(request);
    let mut response = answer(&state, &visit, &request, None).await;
    visit.keep_browser(&state, &mut response, &browser);
    response
}

/// Sign users in for an application, as a form
///
/// The request is repeated as GET, with which browsers send the cookie of the session. It is sealed, so that hints are
/// in no log.
#[utoipa::path(post, path = "/v1/{realm}/authorize", tag = "Pages", params(RealmPath), responses((status = 303, description = "Redirect to the same path with GET", content_type = "text/html", body = String)))]
pub(crate) async fn authorize_form(visit: Visit, FormBody(fields): FormBody) -> Response {
    let texts: Vec<(String, String)> = fields.texts().collect();
    let pairs = texts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    match AuthorizeRequest::read(pairs, visit.request.ctx.now) {
        Some(request) => lead(&visit, "authorize", &Continue::Authorize(Box::new(request))),
        None => ApiError::from(REQUEST_TOO_LONG).into_response(),
    }
}

/// Responds to the application, or redirects to the page that must be shown first.
pub(super) async fn answer(
    state: &AppState,
    visit: &Visit,
    request: &AuthorizeRequest,
    decision: Option<Decision>,
) -> Response {
    let done = match visit.request.oauth().authorize(request, visit.viewer.as_ref(), decision).await {
        Ok(done) => done,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let carried = || Continue::Authorize(Box::new(request.clone()));
    let is_open = visit.request.realm.policy.is_signup_open();
    match done {
        Authorized::Answer(answer) => to_client(state, visit, answer),
        Authorized::SignUp if is_open => lead(visit, "signup", &carried()),
        Authorized::SignIn | Authorized::SignUp => lead(visit, "signin", &carried()),
        Authorized::Confirm(lacks) => {
            let next = Continue::Authorize(Box::new(request.clone().lacking(lacks)));
            lead(visit, "signin/confirm", &next)
        }
        Authorized::Consent(_) => lead(visit, consent::PAGE, &carried()),
    }
}

/// Request of an application from the URL of another page.
pub(super) struct CarriedRequest {
    /// The request, encrypted as pages carry it.
    pub(super) sealed: String,
    /// Browser to which it is bound.
    browser: BrowserValue,
}

impl CarriedRequest {
    /// Returns a response that leads to the request, with the cookie to which it is bound.
    pub(super) fn led_to(&self, state: &AppState, visit: &Visit, mut response: Response) -> Response {
        visit.keep_browser(state, &mut response, &self.browser);
        response
    }
}

/// Returns the request of an application from the URL of another page, bound to this browser.
///
/// # Errors
/// Returns the response to a request that does not lead to a sign-in.
pub(super) async fn carried(state: &AppState, visit: &Visit) -> Result<CarriedRequest, Response> {
    let too_long = || ApiError::from(REQUEST_TOO_LONG).into_response();
    let request = AuthorizeRequest::read(visit.pairs(), visit.request.ctx.now).ok_or_else(too_long)?;
    let (request, browser) = visit.bind(request);
    match visit.request.oauth().authorize(&request, None, None).await {
        Ok(Authorized::Answer(answer)) => Err(to_client(state, visit, answer)),
        Ok(_) => {
            let sealed = visit.sealed_continue(&Continue::Authorize(Box::new(request))).ok_or_else(too_long)?;
            Ok(CarriedRequest { sealed, browser })
        }
        Err(error) => Err(ApiError::from(error).into_response()),
    }
}

/// Redirects to a page that returns to the request.
pub(super) fn lead(visit: &Visit, page: &str, next: &Continue) -> Response {
    match visit.leading_to(page, next) {
        Some(path) => go(path),
        None => ApiError::from(REQUEST_TOO_LONG).into_response(),
    }
}

/// Sends a response to the application, as a redirect or as a page that posts it.
pub(super) fn to_client(state: &AppState, visit: &Visit, answer: ClientAnswer) -> Response {
    let mut response = match answer.mode {
        ResponseMode::Query => go(with_query(&answer.redirect_uri, &answer.parameters)),
        ResponseMode::FormPost => {
            let page = Authorize { action: &answer.redirect_uri, parameters: &answer.parameters };
            let mut response = page::html(state, &visit.request, StatusCode::OK, &page);
            if let Some(policy) = form_target(&answer.redirect_uri).and_then(|target| ending_at(&CSP_GATE, &target)) {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
    };
    keep_opener(&mut response);
    response
}

/// Adds parameters to the query of a URI.
pub(super) fn with_query<N: AsRef<str>>(uri: &str, parameters: &[(N, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().map(|(name, value)| (name.as_ref(), value.as_str())));
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", query.finish())
}
