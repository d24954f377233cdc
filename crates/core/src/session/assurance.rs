use super::Amr;

/// Assurance of an authentication: what the claim `acr` says (RFC 9470 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// One factor.
    OneFactor,
    /// Two factors.
    TwoFactors,
    /// Two factors, one of which no other page can ask for: a passkey or security key.
    PhishingResistant,
}

impl Assurance {
    /// All values, the lowest first.
    pub const ALL: [Self; 3] = [Self::OneFactor, Self::TwoFactors, Self::PhishingResistant];

    /// Returns the assurance of an authentication by these methods.
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

    /// Reads a value of the claim.
    #[must_use]
    pub fn parse(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.acr() == acr)
    }
}
