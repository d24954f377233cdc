use async_trait::async_trait;
use secrecy::SecretString;

use crate::error::Cause;

/// HTTP client for third-party servers, bounded in time and size. Hosts must have public addresses unless a setting
/// names them.
#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Sends a request and reads the response. Redirects are not followed.
    ///
    /// # Errors
    /// Returns [`FetchError`] if there is no usable response.
    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, FetchError>;
}

/// A request to another server: GET, or POST if there is a form.
#[derive(Debug)]
pub struct FetchRequest {
    pub url: String,
    /// URL from a setting. Its host may have a private address and use plain HTTP.
    pub trusted: Option<String>,
    pub form: Option<Vec<(&'static str, SecretString)>>,
    pub authorization: Authorization,
}

/// Credentials of a request. Never printed.
#[derive(Debug)]
pub enum Authorization {
    None,
    Basic { user: String, password: SecretString },
    Bearer(SecretString),
}

/// Response of another server. Never printed, because it may contain secrets and personal data.
pub struct Fetched {
    pub status: u16,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({}, {} bytes)", self.status, self.body.len())
    }
}

impl Fetched {
    /// Returns whether the request succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reason why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL is not allowed.
    #[error("URL not allowed")]
    Forbidden,
    /// The server did not respond in time, or not with HTTP.
    #[error("no response")]
    NoAnswer(#[source] Cause),
    /// The response is too large.
    #[error("the response is too large")]
    TooLarge,
}
