//! Routes by area: the types on the wire, and handlers that open the request, call one operation and wrap the result.

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

/// `Cache-Control` of files that are revalidated at each load, so that a new version of the program shows at once.
const FRESH: &str = "no-cache";

/// A response that consists of a message.
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
