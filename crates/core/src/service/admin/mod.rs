//! Administrative operations. Each requires a right: without a [`Permit`] there is no type to call it on.

mod admins;
mod assist;
mod audit_key;
mod authenticate;
mod begin;
mod client_fields;
mod clients;
mod consents;
mod contact;
mod create;
mod edit;
mod erase;
mod factors;
mod fields;
mod find;
mod impersonate;
mod invite;
mod invite_admin;
mod keys;
mod list;
mod lock;
mod mails;
mod outbox;
mod places;
mod realm_sessions;
mod record_pages;
mod reset;
mod sheet;
mod show;
mod sign_in;
mod signing_keys;
mod stats;
mod subject;
mod trail;
mod trail_export;
mod trail_scan;
mod why;

pub use admins::{ListedAdmin, ListedAdmins};
pub use begin::SignInStep;
pub use client_fields::ClientFields;
pub use clients::ListedClients;
pub use create::NewUser;
pub use edit::UserPatch;
pub use impersonate::Impersonated;
pub use keys::{ListedAdminKey, ListedAdminKeys, NewAdminKey};
pub use list::{ListedUser, ListedUsers, UserFilters};
pub use outbox::{ListedMessage, ListedMessages, OutboxFilters};
pub use realm_sessions::RealmStatus;
pub use sheet::{LockSheet, PasswordSheet, UserSheet, WrongPasswords};
pub use sign_in::SignedIn;
pub use stats::{ListedStats, StatsFilters};
pub use trail::{ListedTrail, TrailFilters, TrailRow};
pub use trail_export::{ExportForm, ExportPage, ExportedLine, ListedBlocks};
pub use why::Explained;

use std::{ops::Deref, sync::Arc};

use crate::{
    admin::Right,
    ctx::Ctx,
    error::{Error, Result},
    limit::Usage,
    service::{Administrator, Permit, Scope, Service},
};

/// Operations that require no permit: signing in and authenticating an administrator.
#[derive(Debug, Clone, Copy)]
pub struct Administration<'a>(Scope<'a>);

impl<'a> Deref for Administration<'a> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.0
    }
}

/// The operations of a right in a realm.
#[derive(Debug)]
pub struct Administered<'a, R> {
    scope: Scope<'a>,
    permit: &'a Permit<R>,
}

impl<'a, R> Deref for Administered<'a, R> {
    type Target = Scope<'a>;

    fn deref(&self) -> &Scope<'a> {
        &self.scope
    }
}

impl<R> Administered<'_, R> {
    /// Returns the administrator who makes the request.
    fn admin(&self) -> &Administrator {
        self.permit.admin()
    }

    /// Requires recent authentication.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, and `Forbidden` if the API key lacks the action.
    fn fresh(&self, verb: crate::admin::FreshVerb) -> Result<()> {
        let max_age = self.realms.admin()?.policy.fresh_auth_age;
        self.admin().fresh(verb, self.ctx.now, max_age)
    }
}

impl Service {
    /// Returns the operations that require no permit.
    ///
    /// # Errors
    /// Returns `Internal` if the administrators' realm is not available.
    pub fn administration<'a>(&'a self, ctx: &'a Ctx, usage: &'a Usage) -> Result<Administration<'a>> {
        Ok(Administration(Scope::new(&self.0, ctx, self.0.realms.admin()?, usage)))
    }

    /// Returns the permit for a right in a realm, or on the server if no realm is given.
    ///
    /// # Errors
    /// Returns `NotFound` if the realm does not exist or no grant includes it, and `Forbidden` without the right.
    pub fn permit<R: Right>(&self, admin: &Arc<Administrator>, realm: Option<&str>) -> Result<Permit<R>> {
        let realm = match realm {
            Some(name) => self.0.realms.get(name).ok_or_else(Error::not_found)?,
            None => self.0.realms.admin()?,
        };
        admin.permit(realm)
    }

    /// Returns the operations of a right.
    #[must_use]
    pub fn administered<'a, R: Right>(
        &'a self,
        ctx: &'a Ctx,
        usage: &'a Usage,
        permit: &'a Permit<R>,
    ) -> Administered<'a, R> {
        Administered { scope: Scope::new(&self.0, ctx, permit.realm(), usage), permit }
    }
}
