//! Commit of an added factor, shared by all routes.

use super::{SecondFactors, enrol::Enrolling};
use crate::{
    account::User,
    error::{Error, Result},
    id::FactorId,
    port::{Batch, CommitError, Op, Precondition, SessionOp, UserOp},
    service::{LoggedIn, RawField, kernel::RenewedCookie},
    session::{Amr, Openers, Session, device::KnownDevice},
};

/// Result of a commit that adds a factor.
pub(super) struct Committed {
    pub(super) logged_in: Option<LoggedIn>,
    pub(super) cookie: Option<RenewedCookie>,
}

impl SecondFactors<'_> {
    /// Commits a factor. Raises the assurance of the session that added it, or creates the session of the ticket.
    /// Returns `None` if the account changed in the meantime.
    pub(super) async fn commit_addition(
        &self,
        by: Enrolling,
        user: User,
        mut with: Batch,
        devices: &[RawField],
        (proved, passkey): (Vec<Amr>, Option<FactorId>),
    ) -> Result<Option<Committed>> {
        let held: Op = UserOp::Update(user.clone()).into();
        let id = user.id.clone();
        if let Some(open) = by.ticket {
            // Executed first, because the addition removes all tickets.
            with.insert(0, open.spend(self));
            let amr = Amr::union(&open.note.proved, &proved);
            let opened_by = Openers { identity: open.note.identity.clone(), passkey };
            let known = self.known_device(&user, devices);
            let tokens = self.0.sessions().open_with(open.user, (amr, opened_by, with), held, known.is_some()).await?;
            let device = known.unwrap_or_else(|| KnownDevice::new(self.ctx));
            let device = self.device_value(&device, &user, devices);
            let logged_in = tokens.map(|tokens| LoggedIn { tokens, device });
            return Ok(logged_in.map(|done| Committed { logged_in: Some(done), cookie: None }));
        }
        with.insert(0, held);
        let mut cookie = None;
        if let Some(session) = by.session {
            if let Some((rotation, renewed)) = self.renewed_cookie(&session) {
                with.push(rotation.into());
                cookie = Some(renewed);
            }
            let amr = Amr::union(&session.amr, &proved);
            with.push(SessionOp::Authenticate(Session { amr, ..session }).into());
        }
        match self.commit(with).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %id, "second factor added");
                Ok(Some(Committed { logged_in: None, cookie }))
            }
            Err(CommitError::Failed(Precondition::SessionThere)) => Err(Error::bad_token().because("session ended")),
            Err(CommitError::Failed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
