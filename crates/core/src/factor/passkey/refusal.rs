/// Reason why a ceremony was rejected, for the audit trail and the log. Clients get the same response for every
/// reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum PasskeyRefusal {
    /// The response has the wrong format.
    Malformed,
    /// The client data belongs to another type of ceremony.
    Type,
    /// The challenge was issued for another purpose, has expired or was already used.
    Challenge,
    /// The ceremony took place on an unknown origin.
    Origin,
    /// The ceremony took place in a frame of another origin.
    CrossOrigin,
    /// The credential belongs to another relying party.
    RelyingParty,
    /// The user was not present.
    UserPresence,
    /// The user was not verified.
    UserVerification,
    /// The backup flags contradict each other or the registration.
    Backup,
    /// The attested credential data is missing, or present where it is not allowed.
    AttestedData,
    /// The extensions are not a CBOR map.
    Extensions,
    /// Bytes follow the authenticator data.
    TrailingBytes,
    /// The algorithm was not offered.
    Algorithm,
    /// The key does not match its algorithm.
    Key,
    /// The credential identifier has an invalid length, does not match, or is already in use.
    CredentialId,
    /// No such credential is stored.
    Unknown,
    /// The user handle belongs to another user.
    UserHandle,
    /// The signature is wrong.
    Signature,
    /// The signature counter did not increase. The authenticator may have been cloned.
    Counter,
    /// The credential is a second factor and cannot be used to log in.
    Use,
}

impl PasskeyRefusal {
    /// Returns the code used in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Type => "type",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::CrossOrigin => "cross_origin",
            Self::RelyingParty => "relying_party",
            Self::UserPresence => "user_presence",
            Self::UserVerification => "user_verification",
            Self::Backup => "backup",
            Self::AttestedData => "attested_data",
            Self::Extensions => "extensions",
            Self::TrailingBytes => "trailing_bytes",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::CredentialId => "credential_id",
            Self::Unknown => "unknown",
            Self::UserHandle => "user_handle",
            Self::Signature => "signature",
            Self::Counter => "counter",
            Self::Use => "use",
        }
    }
}
