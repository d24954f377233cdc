use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderValue,
        header::{ACCEPT, GetAll},
        request::Parts,
    },
};

/// Response format that the client prefers for a page: HTML unless it prefers JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum PreferredFormat {
    Html,
    Json,
}

impl<S: Sync> FromRequestParts<S> for PreferredFormat {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Accepted { html, json, .. } = Accepted::of(parts.headers.get_all(ACCEPT));
        Ok(if json > html { Self::Json } else { Self::Html })
    }
}

/// Weights of the media ranges in `Accept` (RFC 9110 §12.5.1); zero for those not listed.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::http) struct Accepted {
    html: f32,
    json: f32,
    anything: f32,
}

impl Accepted {
    pub(in crate::http) fn of(headers: GetAll<'_, HeaderValue>) -> Self {
        let mut accepted = Self::default();
        let ranges = headers.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        // Each range is decoded separately, so that one that is not UTF-8 does not hide the others.
        for range in ranges.filter_map(|range| std::str::from_utf8(range).ok()) {
            let (kind, weight) = weigh(range);
            let place = match kind.to_ascii_lowercase().as_str() {
                "text/html" | "application/xhtml+xml" => &mut accepted.html,
                "application/json" | "application/problem+json" => &mut accepted.json,
                "*/*" => &mut accepted.anything,
                _ => continue,
            };
            *place = place.max(weight);
        }
        accepted
    }

    /// Returns whether JSON is listed.
    pub(in crate::http) const fn names_json(self) -> bool {
        self.json > 0.0
    }

    /// Returns whether HTML is preferred over JSON.
    pub(in crate::http) const fn prefers_html(self) -> bool {
        self.html > self.json
    }

    /// Returns whether HTML is preferred over JSON and any other format, as by browsers when they open a URL.
    pub(in crate::http) const fn asks_for_a_page(self) -> bool {
        self.html > self.json && self.html > self.anything
    }
}

/// Splits a media range and its weight (RFC 9110 §12.4.2).
fn weigh(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
    (kind, weight.unwrap_or(0.0))
}
