use std::fmt;

use crate::account::phone::PhoneNumber;

/// SMS, ready to send. Personal and secret: never printed.
#[derive(Clone)]
pub struct Sms {
    /// Identifier shared by all attempts.
    pub message_id: String,
    pub to: PhoneNumber,
    pub text: String,
    /// Code in the text.
    pub code: String,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sms({})", self.message_id)
    }
}
