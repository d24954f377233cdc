//! Responses of the dashboard: pages with their headers, redirects and error pages.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER},
    },
    response::{Html, IntoResponse, Response},
};
use portcullis_core::{Ctx, Error};
use serde_json::{Map, Value, json};

use super::{
    desk::{Desk, HOME, TWO_STEP},
    words,
};
use crate::http::{admin_api::Answer, layers::headers::CSP_DASHBOARD, problem::ApiError, redirect, state::AppState};

/// Redirects to another page of the dashboard.
pub(super) fn go(state: &AppState, page: &str) -> Response {
    redirect::go(format!("{}{HOME}{page}", state.info.root))
}

/// Responds with a page in the dashboard layout.
pub(super) fn show(desk: &Desk, template: &'static str, section: &str, values: Value) -> Response {
    show_with(desk, StatusCode::OK, template, (section, values))
}

pub(super) fn show_with(
    desk: &Desk,
    status: StatusCode,
    template: &'static str,
    (section, values): (&str, Value),
) -> Response {
    let mut all = match values {
        Value::Object(values) => values,
        other => Map::from_iter([("answer".to_owned(), other)]),
    };
    all.insert("frame".to_owned(), desk.frame(section));
    html(&desk.state, status, template, &Value::Object(all))
}

/// Responds with a page outside the layout: sign-in and the pages before it.
pub(super) fn html(state: &AppState, status: StatusCode, template: &'static str, values: &Value) -> Response {
    match state.templates.dashboard(template, values) {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_SECURITY_POLICY, CSP_DASHBOARD);
            // Makes browsers send `Origin` with the form.
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            response
        }
        Err(cause) => ApiError::from(Error::internal(cause)).into_response(),
    }
}

/// Responds with a page that explains the error of the API.
pub(super) fn refused(desk: &Desk, answer: &Answer) -> Response {
    match answer.code() {
        "admin.sign_in" => go(&desk.state, "/sign-in"),
        "mfa.required" => go(&desk.state, TWO_STEP),
        _ => {
            let values = explained(answer, desk.from.ctx());
            with_wait(show_with(desk, answer.status, "dash_error.html", ("", values)), answer)
        }
    }
}

/// Responds with a page that explains the error of the API to an unauthenticated browser.
pub(super) fn sorry(state: &AppState, ctx: &Ctx, answer: &Answer) -> Response {
    let mut values = explained(answer, ctx);
    if let Some(values) = values.as_object_mut() {
        values.insert("frame".to_owned(), bare_frame(state, ""));
    }
    with_wait(html(state, answer.status, "dash_sorry.html", &values), answer)
}

/// Responds that the role does not permit the page.
pub(super) fn not_for_this_role(desk: &Desk) -> Response {
    let (heading, text) = words::refusal("admin.forbidden");
    let values = json!({ "heading": heading, "text": text, "request_id": desk.from.ctx().request_id.as_str() });
    show_with(desk, crate::http::problem::CLOSED, "dash_error.html", ("", values))
}

/// Responds that the page does not exist.
pub(super) fn not_found() -> Response {
    ApiError::from(Error::not_found()).into_response()
}

/// Returns the template values of pages outside the layout.
pub(super) fn bare_frame(state: &AppState, token: &str) -> Value {
    let info = &state.info;
    json!({ "root": &*info.root, "home": format!("{}{HOME}", info.root), "url": &*info.base_url, "token": token })
}

fn explained(answer: &Answer, ctx: &Ctx) -> Value {
    let (heading, text) = words::refusal(answer.code());
    let faults: Vec<String> = answer.faults().map(|(field, _, detail)| format!("{field}: {detail}")).collect();
    let detail = if faults.is_empty() { answer.text("detail").to_owned() } else { faults.join(" ") };
    let text = if text.is_empty() { detail } else { text.to_owned() };
    // The API call has its own log line.
    let call = answer.text("instance");
    let request_id = if call.is_empty() { ctx.request_id.as_str() } else { call };
    json!({ "heading": heading, "text": text, "request_id": request_id })
}

fn with_wait(mut response: Response, answer: &Answer) -> Response {
    if let Some(wait) = &answer.wait {
        response.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    response
}
