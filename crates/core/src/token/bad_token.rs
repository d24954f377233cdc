/// Reason why a token was rejected, for the log.
#[derive(Debug, thiserror::Error)]
pub enum BadToken {
    /// Not a JWS of this server: unexpected serialization, header or key id.
    #[error("malformed token or unknown key")]
    Form,
    /// The signature does not verify, or a claim is missing or has the wrong type.
    #[error("invalid signature or claims")]
    Signature(#[source] jsonwebtoken::errors::Error),
    /// The token is for another issuer, realm or audience.
    #[error("token for another issuer, realm or audience")]
    Elsewhere,
    /// The token has expired or is not yet valid.
    #[error("token expired or not yet valid")]
    Time,
}
