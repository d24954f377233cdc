//! Audit trail: events with time, outcome, actor, user, request and reason, and the chains of signed blocks that seal
//! them.

mod announcement;
mod block;
mod canonical;
mod chain;
mod checkpoint;
mod client;
mod details;
mod diagnosis;
mod event;
mod finding;
mod id;
mod key;
mod listed;
mod note;
mod pruned;
mod query;
mod retention;
mod row;
mod trusted;
mod verify;
mod words;

pub use announcement::Announcement;
pub use block::{Block, MAX_ROWS, PlacedEntry, StoredBlock};
pub use canonical::canonical_row;
pub use chain::Chain;
pub use checkpoint::{CHECKPOINT, Checkpoint, Checkpoints};
pub use client::AuditClient;
pub use details::Details;
pub use event::Event;
pub use finding::{Fault, Finding, Verified};
pub use id::AuditId;
pub use key::{AuditKey, PublicAuditKey};
pub use listed::ListedEvent;
pub use note::Note;
pub use query::{AuditFilter, AuditQuery};
pub use retention::Retention;
pub use row::{AuditEntry, AuditRow, UserEvents};
pub use verify::{Expected, Verifier};
pub use words::{Actor, ActorKind, Outcome};

pub(crate) use event::{REQUESTS, ROUTE};
