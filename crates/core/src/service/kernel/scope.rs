use std::ops::Deref;

use super::Kernel;
use crate::{ctx::Ctx, limit::Usage, realm::Realm};

/// A request or job in a realm. Each area adds a method that returns its operations.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub(in crate::service) kernel: &'a Kernel,
    pub(in crate::service) ctx: &'a Ctx,
    pub(in crate::service) realm: &'a Realm,
    pub(super) usage: &'a Usage,
    /// Kind of session that a login creates.
    pub(in crate::service) opens: Opens,
}

/// Kind of session that a login creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Opens {
    Api,
    Browser {
        /// Whether the session is persistent.
        keep: bool,
    },
}

impl<'a> Scope<'a> {
    pub(in crate::service) const fn new(kernel: &'a Kernel, ctx: &'a Ctx, realm: &'a Realm, usage: &'a Usage) -> Self {
        Self { kernel, ctx, realm, usage, opens: Opens::Api }
    }

    /// Returns the same scope in another realm.
    pub(in crate::service) const fn in_realm(self, realm: &'a Realm) -> Self {
        Self { realm, ..self }
    }

    /// Returns the scope for a page: logins create browser sessions. With `keep`, they are persistent.
    #[must_use]
    pub const fn in_browser(self, keep: bool) -> Self {
        Self { opens: Opens::Browser { keep }, ..self }
    }
}

/// Gives access to the kernel's ports and settings.
impl Deref for Scope<'_> {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        self.kernel
    }
}
