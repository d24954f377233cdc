//! The sockets: what the core needs from the world, as traits. Backends fill them; services use them.

mod cache;
mod counters;
mod hasher;
mod sender;
mod store;

pub use cache::{AccountCache, SessionCache, SessionStatus};
pub use counters::{Counted, Counters};
pub use hasher::{HashError, PasswordHasher};
pub use sender::{MailSender, Mailbox, Render, SendError, SmsReceipt, SmsSender, SmsStatus};
pub use store::{
    Batch, CommitError, Op, OutboxState, Precondition, Replaces, RootKeyRow, SigningKeyRow, Store, StoreError,
};
