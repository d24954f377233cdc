//! Authority of administrators: their identity, their grants, and the age of their last authentication.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use super::{Owner, Viewer};
use crate::{
    admin::{AdminRole, FreshVerb, Grants, Right},
    audit::{Actor, ActorKind},
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, ADMIN_MFA_REQUIRED},
    },
    id::{AdminKeyId, RealmName, UserId},
    realm::Realm,
    session::Impersonator,
};

/// An administrator, a key, or the command line on the machine. Only `Administration` creates one.
///
/// ```compile_fail
/// use portcullis_core::{admin::Grants, service::Administrator};
///
/// fn forge(grants: Grants) -> Administrator {
///     Administrator { grants, ..Default::default() }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Administrator {
    identity: Identity,
    grants: Grants,
    /// Whether nothing else is allowed until a second factor is added.
    must_add_factor: bool,
}

/// How an administrator was authenticated.
#[derive(Debug, Clone)]
pub(in crate::service) enum Identity {
    /// A session in the administrators' realm.
    Session(Box<Owner>),
    /// An API key, with the actions that it may perform without recent authentication.
    Key(AdminKeyId, Vec<FreshVerb>),
    /// The command line, with the name of the operating system user.
    Cli(String),
}

impl Administrator {
    /// Creates the authority. Only `Administration` may call this.
    pub(in crate::service) const fn new(identity: Identity, grants: Grants, must_add_factor: bool) -> Self {
        Self { identity, grants, must_add_factor }
    }

    /// Returns the grants.
    #[must_use]
    pub const fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Returns whether this is the named administrator, authenticated by a session.
    #[must_use]
    pub fn is(&self, admin: &UserId) -> bool {
        self.user() == Some(admin)
    }

    /// Returns the administrator's account. `None` for API keys and the command line.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        if let Identity::Session(owner) = &self.identity { Some(owner) } else { None }
    }

    /// Returns the authority to see the own account, if the caller has a session.
    #[must_use]
    pub fn viewer(&self) -> Option<Viewer> {
        self.owner().map(|owner| Viewer::new(owner.clone(), None))
    }

    /// Returns the administrator's identifier. `None` for API keys and the command line.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.owner().map(|owner| &owner.account().id)
    }

    /// Returns whether this is the command line on the server.
    #[must_use]
    pub const fn is_on_machine(&self) -> bool {
        matches!(self.identity, Identity::Cli(_))
    }

    /// Returns whether this is an API key, which may manage neither administrators nor keys.
    pub(in crate::service) const fn is_key(&self) -> bool {
        matches!(self.identity, Identity::Key(..))
    }

    /// Returns the impersonator to record in a session. `None` for the command line, which has no session or grant
    /// whose end could end the impersonation.
    pub(in crate::service) fn impersonator(&self) -> Option<Impersonator> {
        match &self.identity {
            Identity::Session(owner) => Some(Impersonator::Admin(owner.account().id.clone(), owner.session().clone())),
            Identity::Key(id, _) => Some(Impersonator::Key(id.clone())),
            Identity::Cli(_) => None,
        }
    }

    /// Returns the actor for audit rows.
    pub(in crate::service) fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Session(owner) => {
                Actor { kind: ActorKind::Admin, id: Some(owner.account().id.as_str().to_owned()) }
            }
            Identity::Key(id, _) => Actor { kind: ActorKind::Key, id: Some(id.as_str().to_owned()) },
            Identity::Cli(name) => Actor { kind: ActorKind::Cli, id: Some(name.clone()) },
        }
    }

    /// Requires recent authentication for an action. API keys must list the action.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old, and `Forbidden` if an API key does not list it.
    pub(in crate::service) fn fresh(&self, verb: FreshVerb, now: Timestamp, max_age: Duration) -> Result<()> {
        match &self.identity {
            Identity::Session(owner) => owner.fresh(now, max_age).map(drop),
            Identity::Key(_, allow) if allow.contains(&verb) => Ok(()),
            Identity::Key(..) => Err(ADMIN_FORBIDDEN.into()),
            Identity::Cli(_) => Ok(()),
        }
    }

    /// Returns the permit for a right in a realm. Realms without a grant do not exist for the caller.
    ///
    /// # Errors
    /// Returns `Forbidden` if the caller lacks the right, and `NotFound` if the caller has no grant in the realm.
    pub(in crate::service) fn permit<R: Right>(self: &Arc<Self>, realm: &Arc<Realm>) -> Result<Permit<R>> {
        if self.must_add_factor {
            return Err(ADMIN_MFA_REQUIRED.into());
        }
        let is_known = realm.name == RealmName::admin() || self.grants.reach(AdminRole::Impersonate, &realm.name);
        if !is_known {
            return Err(Error::not_found());
        }
        if !R::is_given(&self.grants, &realm.name) {
            return Err(ADMIN_FORBIDDEN.into());
        }
        Ok(Permit { admin: Arc::clone(self), realm: Arc::clone(realm), right: PhantomData })
    }
}

/// Permit for a right in a realm. In the administrators' realm, the right applies to the whole server. Only
/// `Service::permit` creates one.
#[derive(Debug)]
pub struct Permit<R> {
    admin: Arc<Administrator>,
    realm: Arc<Realm>,
    right: PhantomData<fn() -> R>,
}

impl<R> Permit<R> {
    /// Returns the administrator.
    #[must_use]
    pub fn admin(&self) -> &Administrator {
        &self.admin
    }

    /// Returns the realm.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Requires another right in the same realm.
    ///
    /// # Errors
    /// Returns `Forbidden` if the caller lacks it.
    pub(in crate::service) fn also<S: Right>(&self) -> Result<()> {
        self.admin.permit::<S>(&self.realm).map(drop)
    }

    /// Requires a right in another realm.
    ///
    /// # Errors
    /// Returns `Forbidden` if the caller lacks the right, and `NotFound` if the caller has no grant in that realm.
    pub(in crate::service) fn elsewhere<S: Right>(&self, realm: &Arc<Realm>) -> Result<()> {
        self.admin.permit::<S>(realm).map(drop)
    }

    /// Returns whether the administrator also has another right in the same realm.
    pub(in crate::service) fn has<S: Right>(&self) -> bool {
        S::is_given(self.admin.grants(), &self.realm.name)
    }
}
