//! `delete`: the account is erased.

use crate::{
    account::email::EmailAddress,
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    id::UserId,
    message::{MessageKind, Recipient},
    port::{AddressState, ChallengeOp, CommitError, OutboxOp, Precondition, RegistrationOp, UserOp},
    realm::Realm,
    service::{Principal, RawField, Service, message},
};

/// So often is a deletion tried anew when the account changes under it.
const TRIES: usize = 3;

impl Service {
    /// Erases the caller's account: the data key is destroyed, and with it everything that it sealed; sessions are over; the
    /// address is free at once. Both `id` and `email` must be the caller's own, and the login recent.
    ///
    /// # Errors
    /// Not found, for anything but one's own; stale, when the login is too long ago; the one answer for bad tokens, when
    /// the account is gone meanwhile; unavailable.
    pub async fn delete_account(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        principal: &Principal,
        id: &RawField,
        email: &RawField,
    ) -> Result<()> {
        let account = &principal.account;
        let own_id = id.text() == Some(account.id.as_str());
        let own_email =
            email.text().and_then(|raw| EmailAddress::parse(raw).ok()).as_ref() == Some(&account.profile.email);
        if !own_id || !own_email {
            return Err(Error::not_found());
        }
        if ctx.now.since(principal.auth_time) > self.rules.delete_max_auth_age {
            return Err(Error::new(ErrorKind::Stale, "login.stale", "Please log in again to do this"));
        }
        for _ in 0..TRIES {
            let user = self.ports.store.user(&realm.name, &account.id).await?;
            let user = user.ok_or_else(|| Error::bad_token().because("the user is gone"))?;
            // What somebody else typed beside this account must not become one when it is gone.
            let AddressState { registration: beside, .. } =
                self.ports.store.at_address(&realm.name, user.index).await?;
            let goodbye = message(ctx, realm, MessageKind::AccountDeleted, &Recipient::of(&account.profile), None)?;
            let drop = |subject: &UserId| ChallengeOp::Drop {
                realm: realm.name.clone(),
                subject: subject.clone(),
                purpose: None,
            };
            let mut batch = batch![
                UserOp::Delete { realm: realm.name.clone(), id: user.id.clone(), revision: user.revision },
                self.end_all(ctx, realm, &user.id, None),
                drop(&user.id),
                AuditRow::new(ctx, &realm.name, Event::AccountDeleted).user(&user.id),
                OutboxOp::Enqueue(goodbye),
            ];
            if let Some(beside) = beside {
                batch.push(drop(&beside.id).into());
                batch.push(RegistrationOp::Delete { realm: beside.realm, id: beside.id }.into());
            }
            match self.commit(batch).await {
                Ok(()) => {
                    tracing::info!(realm = %realm.name, user = %user.id, "account deleted");
                    return Ok(());
                }
                Err(CommitError::Failed(Precondition::UserRevision | Precondition::RegistrationThere)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::internal("the account kept changing during its deletion"))
    }
}
