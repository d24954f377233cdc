//! The sockets: what the core needs from the world, as traits. Backends fill them; services use them.

mod cache;
mod counters;
mod hasher;
mod sender;
mod store;

pub use cache::{AccountCache, SessionCache, SessionStatus};
pub use counters::{Counted, Counters};
pub use hasher::{HashError, PasswordHasher};
pub use sender::{MailSender, Mailbox, Render, SendError, SmsReceipt, SmsSender, SmsStatus, Transit};
pub use store::{
    AddressState, Audit, Batch, ChallengeOp, Challenges, Changes, CommitError, Effect, KeyOp, Keys, LimitOp,
    LimitState, Op, Outbox, OutboxOp, OutboxState, Precondition, RecordOp, Records, RegistrationOp, Registrations,
    Replaces, RootKeyRow, SessionOp, Sessions, SigningKeyRow, Store, StoreError, UserOp, Users,
};
