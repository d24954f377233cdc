use std::ops::Deref;

use super::Kernel;
use crate::{
    audit::{AuditRow, Event},
    ctx::Ctx,
    limit::Usage,
    realm::Realm,
};

/// Request or job in a realm. Each area adds the method that gives access to its verbs.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub(in crate::service) kernel: &'a Kernel,
    pub(in crate::service) ctx: &'a Ctx,
    pub(in crate::service) realm: &'a Realm,
    pub(super) usage: &'a Usage,
}

impl<'a> Scope<'a> {
    pub(in crate::service) const fn new(kernel: &'a Kernel, ctx: &'a Ctx, realm: &'a Realm, usage: &'a Usage) -> Self {
        Self { kernel, ctx, realm, usage }
    }

    /// Makes an audit row for an event of this request.
    pub(in crate::service) fn audit(&self, event: Event) -> AuditRow {
        AuditRow::new(self.ctx, &self.realm.name, event)
    }
}

/// Gives access to the ports and settings of the kernel.
impl Deref for Scope<'_> {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        self.kernel
    }
}
