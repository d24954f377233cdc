//! Operations on the audit trail.

mod events;

pub use events::ListedEvents;

use std::ops::Deref;

use crate::service::Scope;

/// Operations on the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct AuditTrail<'a>(Scope<'a>);

impl<'a> Scope<'a> {
    /// Returns the operations on the audit trail.
    #[must_use]
    pub const fn audit_trail(self) -> AuditTrail<'a> {
        AuditTrail(self)
    }
}

impl<'a> Deref for AuditTrail<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}
