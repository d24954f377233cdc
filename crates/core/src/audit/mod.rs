//! Audit trail: events with their time, user, request and reason.

mod event;
mod row;

pub use event::Event;
pub use row::{AuditEntry, AuditRow};
