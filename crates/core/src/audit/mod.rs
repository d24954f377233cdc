//! The audit trail: who did what, when, and with which result.

mod event;
mod row;

pub use event::Event;
pub use row::AuditRow;
