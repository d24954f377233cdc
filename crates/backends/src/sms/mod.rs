//! SMS delivery with Twilio.

mod failure;
mod settings;
mod twilio;

pub use settings::{BadSettings, TwilioSettings};
pub use twilio::TwilioSender;
