//! Previews of all emails and pages. Only in development and from loopback.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS},
    },
    response::{Html, IntoResponse, Response},
};
use portcullis_core::Error;

use crate::{
    http::{
        extract::{DeveloperOnly, RequestContext},
        layers::headers::CSP_DEVELOPMENT,
        openapi::refusals,
        page,
        problem::ApiError,
        state::AppState,
    },
    templates::dev::PreviewIndex,
};

/// Policy for a sample. Framed by the overview page. Allows the styles of emails, but no scripts or forms.
const CSP_SAMPLE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
);

/// Root of the server relative to a sample. Developer pages are never behind a proxy.
const ROOT: &str = "../..";

/// All emails and pages
///
/// Each is rendered with sample data and listed with its variables. Loopback only.
#[utoipa::path(get, path = "/dev/templates", tag = "Development", responses((status = 200, description = "HTML", content_type = "text/html", body = String), SampleRefusals))]
pub(crate) async fn gallery(
    _: DeveloperOnly,
    State(state): State<AppState>,
    RequestContext(ctx): RequestContext,
) -> Result<Response, ApiError> {
    let previews = state.templates.previews(ROOT, ctx.now).map_err(Error::internal)?;
    let page = PreviewIndex { previews: &previews, server: Some(state.dev_server()) };
    let mut response = page::render(&state, &ctx, &state.info.first_realm, StatusCode::OK, &page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_DEVELOPMENT);
    Ok(response)
}

refusals!(SampleRefusals: Problem [&[NOT_FOUND]]);

/// One email or page
///
/// Rendered with sample data. Loopback only.
#[utoipa::path(
    get, path = "/dev/templates/{file}", tag = "Development",
    params(("file" = String, Path, description = "File name as on the overview page", example = "mail_email_verify.html")),
    responses(
        (status = 200, description = "HTML", content_type = "text/html", body = String),
        SampleRefusals,
    )
)]
pub(crate) async fn sample(
    _: DeveloperOnly,
    State(state): State<AppState>,
    RequestContext(ctx): RequestContext,
    file: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(file) = file.map_err(|_| Error::not_found())?;
    let html = state.templates.preview(&file, ROOT, ctx.now).map_err(Error::internal)?.ok_or_else(Error::not_found)?;
    let headers = [(CONTENT_SECURITY_POLICY, CSP_SAMPLE), (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"))];
    Ok((headers, Html(html)).into_response())
}
