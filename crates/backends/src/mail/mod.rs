//! How mail leaves: over SMTP, or into a mailbox in memory for whoever develops against the server.

mod compose;
mod connection;
mod failure;
mod lines;
mod mailbox;
mod settings;
mod smtp;

pub use mailbox::DevMailbox;
pub use settings::{BadSettings, Security, SmtpSettings};
pub use smtp::SmtpSender;
