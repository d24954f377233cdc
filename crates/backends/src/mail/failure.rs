//! Failures of the mail server: what they mean for the mail, and what may be logged of them.

use std::error::Error as _;

use lettre::transport::smtp;
use portcullis_core::port::SendError;

/// Enhanced status codes (RFC 3463 §3.2, RFC 7505 §4.2) by which a server says that the recipient does not exist. The
/// others of their family are about the sender, or too vague to give a mail up for.
const NO_SUCH_RECIPIENT: [&str; 5] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"];

/// Why a mail was not accepted, in words that are safe to log: a server's own often repeat the recipient.
#[derive(Debug, thiserror::Error)]
pub(super) enum SmtpFailure {
    #[error("the mail server answered {code}{}{}", if status.is_empty() { "" } else { " " }, status)]
    Refused { code: u16, status: String },
    #[error("the mail server's answer makes no sense")]
    Unreadable,
    #[error("the mail server's answer to the mail makes no sense")]
    Unclear,
    #[error("the mail server took too long")]
    TimedOut,
    #[error("the mail server took too long to say whether it took the mail")]
    Unanswered,
    #[error("the connection to the mail server broke while the mail was under way: {0}")]
    Broken(String),
    #[error("no way to the mail server: {0}")]
    Connection(String),
    #[error("the mail could not be put together: {0}")]
    Compose(#[from] lettre::error::Error),
}

impl From<smtp::Error> for SmtpFailure {
    fn from(error: smtp::Error) -> Self {
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            return Self::Refused { code: code.into(), status: enhanced_status(&text).unwrap_or_default().to_owned() };
        }
        if error.is_response() {
            return Self::Unreadable;
        }
        // The rest are errors of this side: sockets, TLS, and what the server does not offer.
        Self::Connection(error.to_string())
    }
}

impl SmtpFailure {
    /// Returns the failure of a mail in transit, whose outcome a broken connection leaves unknown.
    pub(super) fn of_mail(error: smtp::Error) -> Self {
        match Self::from(error) {
            Self::Connection(cause) => Self::Broken(cause),
            Self::Unreadable => Self::Unclear,
            failure => failure,
        }
    }
}

impl From<SmtpFailure> for SendError {
    fn from(failure: SmtpFailure) -> Self {
        match &failure {
            SmtpFailure::Refused { code: 500..=599, status } if NO_SUCH_RECIPIENT.contains(&status.as_str()) => {
                Self::Permanent(failure.into())
            }
            SmtpFailure::Unanswered | SmtpFailure::Broken(_) | SmtpFailure::Unclear => Self::Unknown(failure.into()),
            _ => Self::Transient(failure.into()),
        }
    }
}

/// Finds the first word of the form `5.1.1` (RFC 3463 §2), anywhere in the text.
fn enhanced_status(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.')).find(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        matches!(parts.as_slice(), ["4" | "5", subject, detail] if fits(subject) && fits(detail))
    })
}

fn fits(part: &str) -> bool {
    (1..=3).contains(&part.len())
}
