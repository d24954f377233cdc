/// Kind of second factor, as settings and requests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Passkey,
    /// Passkey that only completes another proof. Settings name both `passkey`.
    SecurityKey,
    /// Authenticator app (RFC 6238).
    Totp,
    /// Code sent to the verified phone number of the account.
    Sms,
    RecoveryCode,
}

impl Method {
    /// All kinds, in the order in which they are offered: the strongest first.
    pub const ALL: [Self; 5] = [Self::Passkey, Self::SecurityKey, Self::Totp, Self::Sms, Self::RecoveryCode];

    /// Returns the word of settings, requests and answers.
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

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

/// Whether accounts have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaPolicy {
    /// Each user decides.
    Optional,
    /// Every login needs two factors or a trusted device.
    Required,
    /// No factor can be added. Existing factors stay in force.
    Off,
}

impl MfaPolicy {
    pub const ALL: [Self; 3] = [Self::Optional, Self::Required, Self::Off];

    /// Returns the word of settings and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Off => "off",
        }
    }
}
