use super::Amr;

/// Assurance of an authentication: what the claim `acr` says (RFC 9470 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// One factor.
    OneFactor,
    /// Two factors.
    TwoFactors,
}

impl Assurance {
    /// All values, the lowest first.
    pub const ALL: [Self; 2] = [Self::OneFactor, Self::TwoFactors];

    /// Returns the assurance of an authentication by these methods.
    #[must_use]
    pub fn of(methods: &[Amr]) -> Self {
        if methods.contains(&Amr::Multi) { Self::TwoFactors } else { Self::OneFactor }
    }

    /// Returns the value of the claim.
    #[must_use]
    pub const fn acr(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:portcullis:aal1",
            Self::TwoFactors => "urn:portcullis:aal2",
        }
    }

    /// Reads a value of the claim.
    #[must_use]
    pub fn parse(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.acr() == acr)
    }
}
