//! One file a family of routes: what goes over the wire, and handlers that open the request, call the verb and wrap the
//! answer.

pub(super) mod assets;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod docs;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod landing;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod mailbox;
pub(super) mod openapi;
pub(super) mod otp;
pub(super) mod previews;
pub(super) mod profile;
pub(super) mod reset;
pub(super) mod token;
pub(super) mod undo;
pub(super) mod verify;

use serde::Serialize;

/// An answer that is only a sentence.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Message {
    /// For a person.
    #[schema(example = "Logout successfully")]
    message: &'static str,
}

impl Message {
    pub(super) const fn say(message: &'static str) -> axum::Json<Self> {
        axum::Json(Self { message })
    }
}
