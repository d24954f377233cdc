use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::ACCEPT, request::Parts},
};

/// Format that the client prefers for the answer of a page: HTML unless it prefers JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum PreferredFormat {
    Html,
    Json,
}

impl<S: Sync> FromRequestParts<S> for PreferredFormat {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accept =
            parts.headers.get_all(ACCEPT).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let (mut html, mut json) = (0.0_f32, 0.0_f32);
        // Bytes, not text: a range that is not text must not hide the others.
        for range in accept.filter_map(|range| std::str::from_utf8(range).ok()) {
            let (kind, weight) = weigh(range);
            match kind.to_ascii_lowercase().as_str() {
                "text/html" | "application/xhtml+xml" => html = html.max(weight),
                "application/json" | "application/problem+json" => json = json.max(weight),
                _ => {}
            }
        }
        Ok(if json > html { Self::Json } else { Self::Html })
    }
}

/// Splits a media range from its weight (RFC 9110 §12.4.2).
fn weigh(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
    (kind, weight.unwrap_or(0.0))
}
