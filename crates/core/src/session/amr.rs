use serde::{Deserialize, Serialize};

/// Authentication method of a session: a value of the `amr` claim (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amr {
    #[serde(rename = "pwd")]
    Password,
    /// Another provider.
    #[serde(rename = "fed")]
    Federated,
    /// One-time password.
    #[serde(rename = "otp")]
    Otp,
    /// Code sent to a phone number.
    #[serde(rename = "sms")]
    Sms,
    /// Key that never leaves its device: a passkey or security key that is not backed up.
    #[serde(rename = "hwk")]
    HardwareKey,
    /// Key that may be copied between devices: a passkey that is.
    #[serde(rename = "swk")]
    SoftwareKey,
    /// The authenticator has verified the user, so that its key alone is two factors.
    #[serde(rename = "user")]
    User,
    /// More than one factor.
    #[serde(rename = "mfa")]
    Multi,
    /// No authentication of the user: an administrator impersonates the user.
    #[serde(rename = "imp")]
    Impersonation,
}

impl Amr {
    /// All values, in the order in which they are listed.
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

    /// Returns the methods of both lists, each once, in their usual order.
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
