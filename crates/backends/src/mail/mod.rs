//! Email delivery over SMTP.

mod compose;
mod connection;
mod failure;
mod lines;
mod settings;
mod smtp;

pub use settings::{BadSettings, Security, SmtpSettings};
pub use smtp::SmtpSender;
