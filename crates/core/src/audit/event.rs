/// Event of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A registration was stored.
    Registered,
    /// Another verification mail was requested.
    VerificationResent,
    /// An address was verified.
    EmailVerified,
    /// The owner of the address set the first password of a contested registration.
    RegistrationClaimed,
    /// The owner of the address discarded a registration.
    RegistrationRejected,
    LoggedIn,
    LoginRefused,
    LoggedOut,
    /// A refresh token was repeated later than a lost answer usually is.
    RefreshRepeated,
    /// A refresh token was reused in a way that ends its session.
    RefreshReused,
    /// A reset link was requested.
    ResetRequested,
    /// A new password was set through a mailed link.
    PasswordReset,
    /// A signed-in user gave a wrong current password.
    PasswordRefused,
    /// A signed-in user changed the password.
    PasswordChanged,
    /// A signed-in user changed the profile.
    ProfileChanged,
    /// A user ended a session.
    SessionEnded,
    /// A user ended all sessions but one.
    SessionsEnded,
    /// The user of a session authenticated again.
    SteppedUp,
    /// A service gave wrong credentials.
    ClientRefused,
    /// The owner deleted the account.
    AccountDeleted,
    /// A code by SMS was requested.
    CodeRequested,
    /// A phone number was verified.
    PhoneVerified,
    /// A limit was reached, and nothing was sent.
    LimitReached,
    /// Codes to a country were stopped because too few were entered.
    SmsStopped,
}

impl Event {
    /// Returns the word for store and log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::VerificationResent => "verification_resent",
            Self::EmailVerified => "email_verified",
            Self::RegistrationClaimed => "registration_claimed",
            // Stored in audit trails, so its spelling must not change.
            Self::RegistrationRejected => "registration_disowned",
            Self::LoggedIn => "logged_in",
            Self::LoginRefused => "login_refused",
            Self::LoggedOut => "logged_out",
            Self::RefreshRepeated => "refresh_repeated",
            Self::RefreshReused => "refresh_reused",
            Self::ResetRequested => "reset_requested",
            Self::PasswordReset => "password_reset",
            Self::PasswordRefused => "password_refused",
            Self::PasswordChanged => "password_changed",
            Self::ProfileChanged => "profile_changed",
            Self::SessionEnded => "session_ended",
            Self::SessionsEnded => "sessions_ended",
            Self::SteppedUp => "stepped_up",
            Self::ClientRefused => "client_refused",
            Self::AccountDeleted => "account_deleted",
            Self::CodeRequested => "code_requested",
            Self::PhoneVerified => "phone_verified",
            Self::LimitReached => "limit_reached",
            Self::SmsStopped => "sms_stopped",
        }
    }
}
