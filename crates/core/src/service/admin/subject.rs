//! The target of a request: a user, an invitation or a registration.

use crate::{
    account::{Registration, User},
    admin::{Invitation, Right},
    error::{
        Error, Result,
        catalogue::{REVISION_MISSING, REVISION_STALE, USER_STATUS},
    },
    id::UserId,
    record::{Record, RecordKeys, RecordRow},
    service::{Administered, Expected, Scope},
};

/// Target of a request.
pub(super) enum Subject {
    User(Box<User>),
    /// A pending invitation with its record.
    Invited(RecordRow, Box<Invitation>),
    /// A registration with an unverified address.
    Unverified(Box<Registration>),
}

impl Subject {
    /// Returns the revision for `If-Match`.
    pub(super) fn revision(&self) -> u64 {
        match self {
            Self::User(user) => user.revision,
            Self::Invited(row, _) => row.revision,
            Self::Unverified(_) => 1,
        }
    }

    /// Returns the user.
    ///
    /// # Errors
    /// Returns `Conflict` for a registration or invitation.
    pub(super) fn into_user(self) -> Result<User> {
        if let Self::User(user) = self { Ok(*user) } else { Err(USER_STATUS.into()) }
    }
}

impl Scope<'_> {
    /// Returns the subject with this identifier.
    ///
    /// # Errors
    /// Returns `NotFound` if there is none, `Unavailable` if the store fails, and `Internal` if a record cannot be
    /// decrypted.
    pub(super) async fn subject(&self, id: &str) -> Result<Subject> {
        let id = UserId::parse(id).ok_or_else(Error::not_found)?;
        let (store, realm) = (&self.ports.store, &self.realm.name);
        if let Some(user) = store.user(realm, &id).await? {
            return Ok(Subject::User(Box::new(user)));
        }
        let pending = store.registration(realm, &id).await?.filter(|pending| pending.is_pending(self.ctx.now));
        if let Some(registration) = pending {
            return Ok(Subject::Unverified(Box::new(registration)));
        }
        let rows = store.records_of(realm, &id, Some(Invitation::KIND)).await?;
        let row = rows.into_iter().find(|row| row.expires_at.is_none_or(|at| at > self.ctx.now));
        let row = row.ok_or_else(Error::not_found)?;
        let invitation = self.open_invitation(&row)?;
        Ok(Subject::Invited(row, Box::new(invitation)))
    }

    /// Opens an invitation.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub(super) fn open_invitation(&self, row: &RecordRow) -> Result<Invitation> {
        Invitation::open(row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)
    }
}

impl<R: Right> Administered<'_, R> {
    /// Checks the revision given in the request.
    ///
    /// # Errors
    /// Returns `Unconditional` if no revision is given, and `Outdated` if it differs.
    pub(super) fn require_revision(&self, subject: &Subject, expected: &Expected) -> Result<()> {
        match expected {
            Some(seen) if seen.contains(&subject.revision()) => Ok(()),
            Some(_) => Err(REVISION_STALE.into()),
            None => Err(REVISION_MISSING.into()),
        }
    }
}
