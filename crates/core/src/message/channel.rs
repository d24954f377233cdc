//! Channels by which messages are delivered.

/// Channel by which a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Sms,
    /// Query for the delivery status of an SMS.
    SmsStatus,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::SmsStatus];

    /// Returns the identifier for log and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::SmsStatus => "sms_status",
        }
    }
}
