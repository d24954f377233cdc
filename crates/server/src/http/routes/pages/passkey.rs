//! What the script of the pages sends for a passkey: it asks for the options of a ceremony, and posts the credential as a form.

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
    /// Target of the form with the credential, where it is not the page's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

/// What the script found that the browser can do. Without script it can do nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ability {
    #[default]
    Nothing,
    Passkeys,
    /// Also has an authenticator of its own, such as a fingerprint reader.
    Platform,
}

impl Ability {
    /// Reads what the script has written into the form of the sign-in.
    pub(super) fn of(fields: &Fields) -> Self {
        match fields.peek("passkeys") {
            Some("platform") => Self::Platform,
            Some("true") => Self::Passkeys,
            _ => Self::Nothing,
        }
    }
}

/// Answers with the options of a ceremony, and where to post the credential.
pub(super) fn options(options: impl Serialize, action: Option<String>) -> Response {
    Json(ForScript { options, action }).into_response()
}

/// Returns whether the script asks for options.
pub(super) fn wants_options(fields: &Fields) -> bool {
    fields.peek("type") == Some("passkey") && fields.peek("action") == Some("send")
}

/// Returns whether the form is that of a passkey.
pub(super) fn is_given(fields: &Fields) -> bool {
    fields.peek("type") == Some("passkey")
}

/// Takes the credential out. Where the ceremony has failed in the browser, the form names the error in its place; the result is then
/// the word for what to say.
pub(super) fn credential(fields: &mut Fields) -> Result<RawField, &'static str> {
    match fields.peek("credential") {
        Some(text) if text.starts_with('{') => Ok(fields.take("credential")),
        Some("InvalidStateError") => Err("exists"),
        _ => Err("passkey"),
    }
}
