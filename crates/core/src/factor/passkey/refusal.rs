/// Why a ceremony is refused, for the audit trail and the log. Clients get the same response for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum PasskeyRefusal {
    /// The response has another form.
    Malformed,
    /// The client data are of another ceremony.
    Type,
    /// The challenge was not issued for this, has expired or was used.
    Challenge,
    /// The ceremony took place on another origin.
    Origin,
    /// The ceremony took place in a frame of another origin.
    CrossOrigin,
    /// The credential is of another relying party.
    RelyingParty,
    /// The user was not present.
    UserPresence,
    /// The user was not verified.
    UserVerification,
    /// The flags of the backup contradict each other or the registration.
    Backup,
    /// The data of a new credential are missing, or are where they do not belong.
    AttestedData,
    /// The extensions are not a map of CBOR.
    Extensions,
    /// Bytes follow the authenticator data.
    TrailingBytes,
    /// The algorithm was not offered.
    Algorithm,
    /// The key is not one of its algorithm.
    Key,
    /// The identifier of the credential has no permitted length, differs, or is taken.
    CredentialId,
    /// No such credential is stored.
    Unknown,
    /// The user handle belongs to another user.
    UserHandle,
    /// The signature is wrong.
    Signature,
    /// The counter has not grown: the authenticator may have been cloned.
    Counter,
    /// The credential is a second factor and logs in no one.
    Use,
}

impl PasskeyRefusal {
    /// Returns the word of the audit trail.
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
