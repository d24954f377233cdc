//! Requests of the pages' passkey script: it asks for the options of a ceremony and posts the credential as a form.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use portcullis_core::service::RawField;
use serde::{Deserialize, Serialize};

use crate::http::extract::Fields;

/// Options for the script.
#[derive(Serialize)]
struct ForScript<T> {
    #[serde(flatten)]
    options: T,
    /// Target URL of the credential form, if it is not the page itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

/// Passkey support of the browser, as detected by the script. Without the script there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ability {
    #[default]
    Nothing,
    Passkeys,
    /// Also has a platform authenticator, such as a fingerprint reader.
    Platform,
}

impl Ability {
    /// Parses the value that the script adds to the sign-in form.
    pub(super) fn of(fields: &Fields) -> Self {
        match fields.peek("passkeys") {
            Some("platform") => Self::Platform,
            Some("true") => Self::Passkeys,
            _ => Self::Nothing,
        }
    }
}

/// Responds with the options of a ceremony and the target URL of the credential.
pub(super) fn options(options: impl Serialize, action: Option<String>) -> Response {
    Json(ForScript { options, action }).into_response()
}

/// Returns whether the script requests options.
pub(super) fn wants_options(fields: &Fields) -> bool {
    fields.peek("type") == Some("passkey") && fields.peek("action") == Some("send")
}

/// Returns whether the form contains a passkey credential.
pub(super) fn is_given(fields: &Fields) -> bool {
    fields.peek("type") == Some("passkey")
}

/// Takes the credential. If the ceremony failed in the browser, the form contains the error instead, and the message
/// code is returned.
pub(super) fn credential(fields: &mut Fields) -> Result<RawField, &'static str> {
    match fields.peek("credential") {
        Some(text) if text.starts_with('{') => Ok(fields.take("credential")),
        Some("InvalidStateError") => Err("exists"),
        _ => Err("passkey"),
    }
}
