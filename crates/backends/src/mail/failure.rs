//! SMTP failures: whether they concern a single message, the connection or this server, and how they are logged.

use std::fmt;

use portcullis_core::port::SendError;
use smtp_proto::Response;

/// Command that the server replied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    /// MAIL with the SMTPUTF8 parameter, which only this message needs.
    MailUtf8,
    Rcpt,
    Data,
    /// The final dot of the message.
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

/// Reason why an email was not accepted, without the server's own text, which often contains the recipient and must
/// not be logged.
#[derive(Debug, thiserror::Error)]
pub(super) enum SmtpFailure {
    #[error("the mail server answered {code}{} to {stage}", shown(*status))]
    Refused { stage: Stage, code: u16, status: [u8; 3] },
    #[error("the mail server closed the connection or sent an invalid reply")]
    Unreadable,
    #[error("the mail server closed the connection or sent an invalid reply after the message")]
    Unclear,
    #[error("the mail server took too long")]
    TimedOut,
    #[error("the mail server took too long to confirm the message")]
    Unanswered,
    #[error("the connection to the mail server broke during the message: {0}")]
    Broken(String),
    #[error("cannot connect to the mail server: {0}")]
    Connection(String),
    #[error("no TLS with the mail server: {0}")]
    Tls(String),
    #[error("the mail server does not offer STARTTLS")]
    NoStartTls,
    #[error("the mail server offers neither PLAIN nor LOGIN authentication")]
    NoLogin,
    #[error("the mail server does not offer SMTPUTF8, which the recipient's address needs")]
    NoUtf8,
    #[error("the mail server does not offer SMTPUTF8, which MAIL_FROM needs")]
    NoUtf8Sender,
    #[error("the recipient's address looks like an encoded word, which mail servers may decode to another address")]
    EncodedWord,
    #[error("the email could not be composed: {0}")]
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

    /// Returns whether the failure concerns the connection and not the message. A new connection may then succeed
    /// immediately.
    pub(super) const fn is_of_connection(&self) -> bool {
        matches!(self, Self::Refused { code: 421, .. } | Self::Connection(_) | Self::Unreadable)
    }

    /// Returns whether the failure concerns this server and affects every message.
    const fn is_of_route(&self) -> bool {
        match self {
            Self::Tls(_) | Self::NoStartTls | Self::NoLogin | Self::NoUtf8Sender => true,
            // Authentication or encryption is required (RFC 4954 §6), regardless of the command.
            Self::Refused { code: 530 | 538, .. } => true,
            Self::Refused { code: 421, .. } => false,
            // Providers count failed logins.
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
            // The client "should not repeat the exact request" (RFC 5321 §4.2.1).
            SmtpFailure::Refused { code: 500..=599, .. } | SmtpFailure::NoUtf8 | SmtpFailure::EncodedWord => {
                Self::Permanent(failure.into())
            }
            _ => Self::Transient(failure.into()),
        }
    }
}

/// Formats an enhanced status code (RFC 3463), if the server sent one.
fn shown([class, subject, detail]: [u8; 3]) -> String {
    if class == 0 { String::new() } else { format!(" {class}.{subject}.{detail}") }
}
