//! HTTP Strict Transport Security (RFC 6797 §6.1).

use axum::http::HeaderValue;

use super::format::ValueFormat;

/// Value of `Strict-Transport-Security`. `None` for `off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StrictTransport(pub(crate) Option<HeaderValue>);

pub(crate) const HSTS_POLICY: ValueFormat<StrictTransport> = ValueFormat::new("POLICY", |text| {
    if text.eq_ignore_ascii_case("off") {
        return Ok(StrictTransport(None));
    }
    let mut directives = text.split(';').map(str::trim);
    let is_age = |text: &str| {
        text.strip_prefix("max-age=").is_some_and(|age| !age.is_empty() && age.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_policy = directives.next().is_some_and(is_age)
        && directives.all(|more| ["includesubdomains", "preload"].contains(&more.to_ascii_lowercase().as_str()));
    let value = HeaderValue::from_str(text).ok().filter(|_| is_policy);
    value.map(|value| StrictTransport(Some(value))).ok_or_else(|| {
        "must be `max-age=SECONDS`, optionally followed by `; includeSubDomains` and `; preload`, or `off`".to_owned()
    })
})
.like("max-age=63072000");
