//! Audit trail: events with their time, outcome, actor, user, request and reason.

mod client;
mod details;
mod event;
mod id;
mod listed;
mod note;
mod row;
mod words;

pub use client::AuditClient;
pub use details::Details;
pub use event::Event;
pub use id::AuditId;
pub use listed::ListedEvent;
pub use note::Note;
pub use row::{AuditEntry, AuditRow, UserEvents};
pub use words::{Actor, ActorKind, Outcome};

pub(crate) use event::REQUESTS;
