/// Policy that decides who can sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signup {
    /// Anyone can sign up.
    Open,
    /// Only invited users.
    Invite,
    /// No accounts can be created by sign-up or invitation.
    Closed,
}

/// A registration field that can be required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignupField {
    FirstName,
    LastName,
    Phone,
    CountryCode,
}

impl SignupField {
    /// All fields that a realm can require.
    pub const ALL: [Self; 4] = [Self::FirstName, Self::LastName, Self::Phone, Self::CountryCode];

    /// Returns the field's name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Phone => "phone",
            Self::CountryCode => "country_code",
        }
    }
}
