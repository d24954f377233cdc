use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::{PasskeyChallenge, PasskeyRefusal, RelyingParty};

/// Type of ceremony in the client data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Client data of a ceremony (WebAuthn Level 3 §5.8.1). Unknown members are permitted.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<bool>,
    /// Whether the member is present, with any value.
    #[serde(default, rename = "topOrigin", deserialize_with = "is_present")]
    has_top_origin: bool,
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl ClientData {
    /// Parses the JSON sent by a browser.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Returns the challenge, or `None` if this server cannot have issued it.
    pub(super) fn challenge(&self) -> Option<PasskeyChallenge> {
        PasskeyChallenge::parse(&self.challenge)
    }

    /// Checks ceremony, challenge and origin.
    pub(super) fn check(
        &self,
        ceremony: Ceremony,
        challenge: &PasskeyChallenge,
        party: &RelyingParty,
    ) -> Result<(), PasskeyRefusal> {
        if self.r#type != ceremony.as_str() {
            return Err(PasskeyRefusal::Type);
        }
        if self.challenge().as_ref() != Some(challenge) {
            return Err(PasskeyRefusal::Challenge);
        }
        if !party.has_origin(&self.origin) {
            return Err(PasskeyRefusal::Origin);
        }
        if self.cross_origin == Some(true) || self.has_top_origin {
            return Err(PasskeyRefusal::CrossOrigin);
        }
        Ok(())
    }
}
