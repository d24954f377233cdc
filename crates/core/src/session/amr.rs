use serde::{Deserialize, Serialize};

/// Authentication method of a session: a value of the `amr` claim (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amr {
    #[serde(rename = "pwd")]
    Password,
    /// Sign-in with another provider.
    #[serde(rename = "fed")]
    Federated,
    /// TOTP code of an authenticator app.
    #[serde(rename = "otp")]
    Otp,
    /// Code sent to a phone number by SMS.
    #[serde(rename = "sms")]
    Sms,
    /// Device-bound key: a security key, or a passkey that is not backed up.
    #[serde(rename = "hwk")]
    HardwareKey,
    /// Synced key: a passkey that is backed up.
    #[serde(rename = "swk")]
    SoftwareKey,
    /// User verification by the authenticator. Its key then provides two factors.
    #[serde(rename = "user")]
    User,
    /// More than one factor.
    #[serde(rename = "mfa")]
    Multi,
    /// Impersonation by an administrator, without authentication of the user.
    #[serde(rename = "imp")]
    Impersonation,
}

impl Amr {
    /// All values in their usual order.
    const ALL: [Self; 9] = [
        Self::Password,
        Self::Federated,
        Self::Otp,
        Self::Sms,
        Self::HardwareKey,
        Self::SoftwareKey,
        Self::User,
        Self::Multi,
        Self::Impersonation,
    ];

    /// Returns the value of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Federated => "fed",
            Self::Otp => "otp",
            Self::Sms => "sms",
            Self::HardwareKey => "hwk",
            Self::SoftwareKey => "swk",
            Self::User => "user",
            Self::Multi => "mfa",
            Self::Impersonation => "imp",
        }
    }

    /// Returns the union of two lists, without duplicates and in the usual order.
    #[must_use]
    pub fn union(one: &[Self], other: &[Self]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|amr| one.contains(amr) || other.contains(amr)).collect()
    }

    /// Parses a value of the claim.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|amr| amr.as_str() == word)
    }
}
