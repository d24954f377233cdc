use async_trait::async_trait;
use secrecy::SecretString;

use crate::error::Cause;

/// Requests to servers of others, bounded in time and size. Hosts have public addresses, unless a setting names them.
#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Sends a request and reads the answer. Redirects are not followed.
    ///
    /// # Errors
    /// [`FetchError`].
    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, FetchError>;
}

/// A request to another server: GET or, with a form, POST.
#[derive(Debug)]
pub struct FetchRequest {
    pub url: String,
    /// URL that a setting names: its host may have a private address, and be reached by plain HTTP.
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

/// Answer of another server. Never printed, since it may contain secrets and personal data.
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

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL is no address that may be asked.
    #[error("the address may not be asked")]
    Forbidden,
    /// The server did not answer in time, or not in HTTP.
    #[error("no answer")]
    NoAnswer(#[source] Cause),
    /// The answer is too large.
    #[error("the answer is too large")]
    TooLarge,
}
