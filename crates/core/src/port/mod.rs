//! The sockets: what the core needs from the world, as traits. Backends fill them; services use them.

mod counters;
mod hasher;
mod memory;
mod sender;
mod store;

pub use counters::{Counted, Counters};
pub use hasher::{HashError, PasswordHasher};
pub use memory::{AccountCache, Answer, Revocations};
pub use sender::{MailSender, Mailbox, Render, SendError, SmsReceipt, SmsSender, SmsStatus};
pub use store::{
    Batch, CommitError, Op, OutboxState, Precondition, Replaces, RootKeyRow, SigningKeyRow, Store, StoreError,
};
