use axum::{
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use portcullis_core::Error;

use super::viewer::{File, Viewer};
use crate::http::{openapi::refusals, problem::ApiError};

refusals!(VendorRefusals: Problem [&[NOT_FOUND]]);

/// A file of a viewer
///
/// Its version is part of the path, so that it can be cached permanently.
#[utoipa::path(
    get, path = "/assets/vendor/{viewer}/{version}/{file}", tag = "Pages",
    params(
        ("viewer" = String, Path, description = "The viewer", example = "swagger-ui"),
        ("version" = String, Path, description = "Version of the viewer", example = "5.35.0"),
        ("file" = String, Path, description = "The file", example = "swagger-ui.css"),
    ),
    responses(
        (status = 200, description = "The file as published", content(
            (String = "text/javascript"),
            (String = "text/css"),
        ), headers(("ETag" = String, description = "Version and encoding of the file"))),
        (status = 304, description = "The cached file is up to date"),
        VendorRefusals,
    )
)]
pub(crate) async fn vendor(
    method: Method,
    Path((viewer, version, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let file = Viewer::file(&viewer, &version, &file).ok_or_else(Error::not_found)?;
    let is_packed = takes_gzip(&headers);
    // The file at this path never changes. The plain and the compressed form have different tags.
    let tag = format!("\"{version}{}\"", if is_packed { "-gzip" } else { "" });
    let mut response = if has(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // HEAD only needs the length.
        let body = if method == Method::HEAD { None } else { Some(body(file, is_packed).await?) };
        answer(file, is_packed, body.unwrap_or_default())
    };
    let known = response.headers_mut();
    known.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    known.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    known.insert(ETAG, HeaderValue::from_str(&tag).map_err(Error::internal)?);
    Ok(response)
}

fn answer(file: &File, is_packed: bool, body: Body) -> Response {
    let length = if is_packed { file.gzip.len() } else { file.plain_length() };
    let mut response = ([(CONTENT_TYPE, file.content_type)], body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

async fn body(file: &'static File, is_packed: bool) -> Result<Body, Error> {
    Ok(if is_packed { Body::from(file.gzip) } else { Body::from(file.plain().await?) })
}

/// Returns whether the client accepts gzip (RFC 9110 §12.5.3). All browsers do.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_rejected = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32);
        matches!(name.trim(), "gzip" | "*") && !is_rejected
    })
}

fn has(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag)
}
