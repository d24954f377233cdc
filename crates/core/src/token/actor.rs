use serde::{Deserialize, Serialize};

/// Administrator who impersonates the user (RFC 8693 §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Issuer of the administrators, as a URL.
    pub iss: String,
    /// Identifier of the administrator.
    pub sub: String,
}
