//! Ports: traits for everything that the core needs from outside. Implemented by backends and used by services.

mod cache;
mod counters;
mod fetch;
mod hasher;
mod sender;
mod shared;
mod store;

pub use cache::{AccountCache, SessionCache, SessionStatus};
pub use counters::{Counted, Counters};
pub use fetch::{Authorization, Fetch, FetchError, FetchRequest, Fetched};
pub use hasher::{HashError, PasswordHasher};
pub use sender::{MailSender, Mailbox, Render, SendError, SmsReceipt, SmsSender, SmsStatus, Transit};
pub use shared::SharedCache;
pub use store::{
    AddressState, Audit, AuditChains, Batch, ChainOp, ChallengeOp, Challenges, Changes, CommitError, Effect, KeyOp,
    Keys, LimitOp, LimitState, Op, Outbox, OutboxEntry, OutboxOp, OutboxPlace, OutboxQuery, OutboxState, Precondition,
    RecordOp, Records, RegistrationOp, Registrations, Replaces, RootKeyRow, SessionOp, Sessions, SigningKeyRow, StatOp,
    Stats, Store, StoreError, UserOp, UserPlace, UserQuery, Users,
};
