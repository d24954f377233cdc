//! Failures of the mail server: whether they concern one mail or the connection to the server, and what may be logged of them.

use std::fmt;

use portcullis_core::port::SendError;
use smtp_proto::Response;

/// What the server replied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    /// MAIL with the parameter SMTPUTF8, which only this message needs.
    MailUtf8,
    Rcpt,
    Data,
    /// The dot after the message.
    End,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the connection",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail | Self::MailUtf8 => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::End => "the message",
        })
    }
}

/// Why a mail was not accepted, in words that are safe to log: a server's own often repeat the recipient.
#[derive(Debug, thiserror::Error)]
pub(super) enum SmtpFailure {
    #[error("the mail server answered {code}{} to {stage}", shown(*status))]
    Refused { stage: Stage, code: u16, status: [u8; 3] },
    #[error("the mail server closed the connection, or its reply makes no sense")]
    Unreadable,
    #[error("the mail server's reply to the message makes no sense, or it closed the connection")]
    Unclear,
    #[error("the mail server took too long")]
    TimedOut,
    #[error("the mail server took too long to say whether it took the mail")]
    Unanswered,
    #[error("the connection to the mail server broke while the mail was under way: {0}")]
    Broken(String),
    #[error("cannot connect to the mail server: {0}")]
    Connection(String),
    #[error("no TLS with the mail server: {0}")]
    Tls(String),
    #[error("the mail server does not offer STARTTLS")]
    NoStartTls,
    #[error("the mail server offers no login by PLAIN or LOGIN")]
    NoLogin,
    #[error("the mail server does not offer SMTPUTF8, which the recipient's address needs")]
    NoUtf8,
    #[error("the mail server does not offer SMTPUTF8, which MAIL_FROM needs")]
    NoUtf8Sender,
    #[error("the recipient's address looks like an encoded word, which mail servers may take for another address")]
    EncodedWord,
    #[error("the mail could not be put together: {0}")]
    Compose(#[from] lettre::error::Error),
}

impl From<mail_send::Error> for SmtpFailure {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::Io(error) => Self::Connection(error.to_string()),
            mail_send::Error::Timeout => Self::TimedOut,
            _ => Self::Unreadable,
        }
    }
}

impl SmtpFailure {
    pub(super) const fn refused(stage: Stage, reply: &Response<String>) -> Self {
        Self::Refused { stage, code: reply.code, status: reply.esc }
    }

    /// Whether it is about the connection and not about the mail: another connection may serve at once.
    pub(super) const fn is_of_connection(&self) -> bool {
        matches!(self, Self::Refused { code: 421, .. } | Self::Connection(_) | Self::Unreadable)
    }

    /// Whether it is about this server, and would meet every mail.
    const fn is_of_route(&self) -> bool {
        match self {
            Self::Tls(_) | Self::NoStartTls | Self::NoLogin | Self::NoUtf8Sender => true,
            // A login is wanted, or encryption (RFC 4954 §6), whatever it was that the server answered.
            Self::Refused { code: 530 | 538, .. } => true,
            Self::Refused { code: 421, .. } => false,
            // Providers count every login.
            Self::Refused { stage: Stage::Auth, .. } => true,
            Self::Refused { stage, code: 500..=599, .. } => {
                matches!(stage, Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::Mail)
            }
            _ => false,
        }
    }
}

impl From<SmtpFailure> for SendError {
    fn from(failure: SmtpFailure) -> Self {
        match &failure {
            SmtpFailure::Unanswered | SmtpFailure::Broken(_) | SmtpFailure::Unclear => Self::Unknown(failure.into()),
            _ if failure.is_of_route() => Self::Route(failure.into()),
            // "Should not repeat the exact request" (RFC 5321 §4.2.1).
            SmtpFailure::Refused { code: 500..=599, .. } | SmtpFailure::NoUtf8 | SmtpFailure::EncodedWord => {
                Self::Permanent(failure.into())
            }
            _ => Self::Transient(failure.into()),
        }
    }
}

/// Shows an enhanced status code (RFC 3463), if the server gave one.
fn shown([class, subject, detail]: [u8; 3]) -> String {
    if class == 0 { String::new() } else { format!(" {class}.{subject}.{detail}") }
}
