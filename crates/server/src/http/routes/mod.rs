//! Routes by area: the request and response types, and handlers that extract the request, call one operation and wrap
//! the result.

pub(super) mod account;
pub(super) mod admin;
pub(super) mod dashboard;
pub(super) mod dev;
pub(super) mod docs;
pub(super) mod factor;
pub(super) mod federation;
pub(super) mod me;
pub(super) mod oauth;
pub(super) mod pages;
pub(super) mod session;
pub(super) mod site;

use serde::Serialize;

/// `Cache-Control` of files that are revalidated at each load, so that a new version is visible immediately.
const FRESH: &str = "no-cache";

/// A response with only a message.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Message {
    /// Human-readable message.
    #[schema(example = "Logout successfully")]
    message: &'static str,
}

impl Message {
    pub(super) const fn say(message: &'static str) -> axum::Json<Self> {
        axum::Json(Self { message })
    }
}
