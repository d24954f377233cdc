//! All mails and pages with samples: in development, for eyes on this machine only.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS},
    },
    response::{Html, IntoResponse, Response},
};
use portcullis_core::Error;

use super::mailbox::AtHome;
use crate::http::{extract::Circumstances, problem::Refusal, state::AppState};

/// The page shows the samples in frames.
const CSP_GALLERY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
);
/// A sample may be framed by that page, and a mail has styles of its own. Nothing can be sent.
const CSP_SAMPLE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
);
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("SAMEORIGIN");

/// All mails and pages
///
/// Each filled with samples, beside its variables. To loopback only.
#[utoipa::path(get, path = "/dev/templates", tag = "Development", responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn gallery(
    _: AtHome,
    State(state): State<AppState>,
    Circumstances(ctx): Circumstances,
) -> Result<Response, Refusal> {
    let previews = state.templates.previews(ctx.now).map_err(Error::internal)?;
    let prefix = format!("{}/dev/templates/", state.templates.root());
    let page = state.templates.gallery(&previews, &prefix, ctx.now).map_err(Error::internal)?;
    Ok(([(CONTENT_SECURITY_POLICY, CSP_GALLERY)], Html(page)).into_response())
}

/// One mail or page
///
/// Filled with a sample, as HTML or, of a mail or SMS, as text. To loopback only.
#[utoipa::path(
    get, path = "/dev/templates/{file}", tag = "Development",
    params(("file" = String, Path, description = "As the page of all names it", example = "mail_email_verify.html")),
    responses((status = 200, description = "HTML or text", content_type = "text/html", body = String)),
)]
pub(crate) async fn sample(
    _: AtHome,
    State(state): State<AppState>,
    Circumstances(ctx): Circumstances,
    file: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(file) = file.map_err(|_| Error::not_found())?;
    let previews = state.templates.previews(ctx.now).map_err(Error::internal)?;
    let headers = HeaderMap::from_iter([(CONTENT_SECURITY_POLICY, CSP_SAMPLE), (X_FRAME_OPTIONS, SAME_ORIGIN)]);
    let html = previews.iter().find(|preview| preview.file == file).map(|preview| preview.html.clone());
    let text = || previews.iter().find(|preview| preview.text_file == file).map(|preview| preview.plain());
    match html {
        Some(html) => Ok((headers, Html(html)).into_response()),
        None => Ok(text().ok_or_else(Error::not_found)?.into_response()),
    }
}
