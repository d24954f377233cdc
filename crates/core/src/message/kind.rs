/// Kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Link that verifies the address of a registration.
    VerifyEmail,
    /// Notice to the owner of an address that was registered again.
    AlreadyRegistered,
    /// Welcome after the verification.
    Welcome,
    /// Link to set a new password.
    ResetPassword,
    /// Notice that the password was changed.
    PasswordChanged,
    /// Notice that the account was deleted.
    AccountDeleted,
    /// Code by SMS.
    PhoneCode,
    /// Query for the delivery status of an SMS; nothing is sent.
    SmsStatus,
}

impl MessageKind {
    /// All kinds of mail.
    pub const MAILS: &'static [Self] = &[
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::Welcome,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::AccountDeleted,
    ];
    const OTHERS: &'static [Self] = &[Self::PhoneCode, Self::SmsStatus];

    /// Returns the word for store and log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::Welcome => "welcome",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::AccountDeleted => "account_deleted",
            Self::PhoneCode => "phone_code",
            Self::SmsStatus => "sms_status",
        }
    }

    /// Returns the channel that delivers it.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::PhoneCode => Channel::Sms,
            Self::SmsStatus => Channel::SmsStatus,
            _ => Channel::Mail,
        }
    }

    /// Reads the word that the store keeps.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::MAILS.iter().chain(Self::OTHERS).copied().find(|kind| kind.as_str() == word)
    }
}

/// Way of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Sms,
    /// Query for the delivery status of an SMS.
    SmsStatus,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::SmsStatus];

    /// Returns the word for log and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::SmsStatus => "sms_status",
        }
    }
}
