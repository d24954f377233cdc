/// Kind of second factor, with its name in settings and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Passkey,
    /// A passkey that only completes another proof. Settings use `passkey` for both.
    SecurityKey,
    /// Authenticator app (RFC 6238).
    Totp,
    /// Code sent to the verified phone number of the account.
    Sms,
    RecoveryCode,
}

impl Method {
    /// All kinds in the order in which they are offered, strongest first.
    pub const ALL: [Self; 5] = [Self::Passkey, Self::SecurityKey, Self::Totp, Self::Sms, Self::RecoveryCode];

    /// Returns the name used in settings, requests and responses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// Parses a name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

/// Policy for second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaPolicy {
    /// Each user decides.
    Optional,
    /// Every login needs two factors or a trusted device.
    Required,
    /// No factor can be added. Existing factors remain in force.
    Off,
}

impl MfaPolicy {
    pub const ALL: [Self; 3] = [Self::Optional, Self::Required, Self::Off];

    /// Returns the name used in settings and responses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Off => "off",
        }
    }
}
