//! Email delivery over SMTP.

mod compose;
mod connection;
mod dial;
mod failure;
mod lines;
mod route;
mod settings;
mod smtp;
mod tls;

pub use dial::connect_to_first;
pub use settings::{BadSettings, Security, SmtpSettings};
pub use smtp::SmtpSender;
