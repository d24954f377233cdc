//! Requests of `end_session` (OpenID Connect RP-Initiated Logout 1.0 §2).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_REQUEST_LENGTH;

/// A request as received. It is sealed in the URL of the page that asks the user, and checked again afterwards.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndSessionRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_logout_redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// Whether a parameter was given twice.
    pub(crate) is_repeated: bool,
}

impl EndSessionRequest {
    /// Reads the parameters; unknown ones are ignored, and so are empty ones. `None` if the request is too long.
    #[must_use]
    pub fn read<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (mut request, mut length) = (Self::default(), 0);
        for (name, value) in parameters {
            length += name.len() + value.len();
            let Some(field) = request.parameter(name).filter(|_| !value.is_empty()) else { continue };
            if field.replace(value.to_owned()).is_some() {
                request.is_repeated = true;
            }
        }
        (length <= MAX_REQUEST_LENGTH).then_some(request)
    }

    fn parameter(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "id_token_hint" => Some(&mut self.id_token_hint),
            "client_id" => Some(&mut self.client_id),
            "post_logout_redirect_uri" => Some(&mut self.post_logout_redirect_uri),
            "state" => Some(&mut self.state),
            _ => None,
        }
    }

    /// Returns the destination of the browser. Only a checked request has a URI that belongs to its client.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        self.post_logout_redirect_uri.as_deref()
    }
}

impl fmt::Debug for EndSessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndSessionRequest({:?}, …)", self.client_id)
    }
}
