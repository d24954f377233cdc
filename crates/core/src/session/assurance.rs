use super::Amr;

/// Assurance of an authentication, which is the `acr` claim (RFC 9470 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// One factor (`urn:portcullis:aal1`).
    OneFactor,
    /// Two factors (`urn:portcullis:aal2`).
    TwoFactors,
    /// Two factors, one of which is a passkey or security key and thus resistant to phishing.
    PhishingResistant,
}

impl Assurance {
    /// All values, lowest first.
    pub const ALL: [Self; 3] = [Self::OneFactor, Self::TwoFactors, Self::PhishingResistant];

    /// Returns the assurance of an authentication with these methods.
    #[must_use]
    pub fn of(methods: &[Amr]) -> Self {
        match methods.contains(&Amr::Multi) {
            true if methods.contains(&Amr::HardwareKey) || methods.contains(&Amr::SoftwareKey) => {
                Self::PhishingResistant
            }
            true => Self::TwoFactors,
            false => Self::OneFactor,
        }
    }

    /// Returns the value of the claim.
    #[must_use]
    pub const fn acr(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:portcullis:aal1",
            Self::TwoFactors => "urn:portcullis:aal2",
            Self::PhishingResistant => "phr",
        }
    }

    /// Parses a value of the claim.
    #[must_use]
    pub fn parse(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.acr() == acr)
    }
}
