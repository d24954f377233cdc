//! Requests to other providers.

use std::sync::Arc;

use portcullis_backends::fetch::HttpFetch;
use portcullis_core::port::Fetch;

/// Returns the HTTP client for requests to other providers.
pub(super) fn fetch() -> Arc<dyn Fetch> {
    Arc::new(HttpFetch::default())
}
