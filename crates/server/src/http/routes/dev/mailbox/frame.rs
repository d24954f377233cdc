use axum::{
    extract::{Path, State},
    http::{
        HeaderName, HeaderValue,
        header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS},
    },
    response::{Html, IntoResponse, Response},
};
use portcullis_core::Error;

use super::messages;
use crate::http::{extract::DeveloperOnly, openapi::refusals, problem::ApiError, state::AppState};

/// Policy for an email. Only allows its own styles. Links open in a new window outside the sandbox.
const CSP_MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);

refusals!(HtmlRefusals: Problem [&[NOT_FOUND]]);

/// The HTML of an email
///
/// Content of the sandboxed frame on the mailbox page. Loopback only.
#[utoipa::path(
    get, path = "/dev/mailbox/{id}/html", operation_id = "mailbox_html", tag = "Development",
    params(("id" = String, Path, description = "The message", example = "6b0v3t8q5m1x")),
    responses(
        (status = 200, description = "The email as sent", content_type = "text/html", body = String),
        HtmlRefusals,
    )
)]
pub(crate) async fn html(
    _: DeveloperOnly,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let found = messages(&state).into_iter().find(|message| message.id == id && !message.html.is_empty());
    let mut html = found.ok_or_else(Error::not_found)?.html;
    // `base` is accepted anywhere. Appending it leaves the email unchanged.
    html.push_str("<base target=\"_blank\">");
    let headers = [
        (CONTENT_SECURITY_POLICY, CSP_MAIL),
        (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
        // Browsers do not open links of a sandboxed document in an isolated window.
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("unsafe-none")),
    ];
    Ok((headers, Html(html)).into_response())
}
