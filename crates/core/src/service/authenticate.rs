//! Who stands behind a bearer token, now.

use std::sync::Arc;

use crate::{
    account::Account,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::{SessionId, UserId},
    port::SessionStatus,
    realm::Realm,
    service::Service,
    token::Proof,
};

/// The proof that somebody is logged in: whoever holds it may do what an owner may.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Theirs.
    pub account: Arc<Account>,
    /// The session in which they ask.
    pub session: SessionId,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
}

impl Service {
    /// Checks signature, claims and time, then that the session goes on and the user exists. Mostly from memory; what is
    /// not known there is asked of the store, and when that is away nobody is let in.
    ///
    /// # Errors
    /// The one answer for bad tokens; unavailable.
    pub async fn authenticate(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<Principal> {
        let proof = self.tokens.verify(ctx, &realm.name, token).map_err(|reason| Error::bad_token().because(reason))?;
        self.require_live(ctx, realm, &proof).await?;
        let account =
            self.account(realm, &proof.user).await?.ok_or_else(|| Error::bad_token().because("the user is gone"))?;
        Ok(Principal { account, session: proof.session, auth_time: proof.auth_time })
    }

    async fn require_live(&self, ctx: &Ctx, realm: &Realm, proof: &Proof) -> Result<()> {
        let over = || Error::bad_token().because("the session is over");
        match self.ports.sessions.status(&realm.name, &proof.session, &proof.user, ctx.now) {
            SessionStatus::Live => Ok(()),
            SessionStatus::Revoked => Err(over()),
            SessionStatus::Unknown => {
                let generation = self.ports.sessions.generation();
                let session = self.ports.store.session(&realm.name, &proof.session).await?.ok_or_else(over)?;
                if session.user != proof.user || session.expires_at <= ctx.now {
                    return Err(over());
                }
                self.ports.sessions.mark_live(&realm.name, &proof.session, &proof.user, generation);
                Ok(())
            }
        }
    }

    /// The account, from memory where it is remembered.
    pub(super) async fn account(&self, realm: &Realm, id: &UserId) -> Result<Option<Arc<Account>>> {
        if let Some(account) = self.ports.accounts.get(&realm.name, id) {
            return Ok(Some(account));
        }
        let generation = self.ports.accounts.generation();
        let Some(user) = self.ports.store.user(&realm.name, id).await? else {
            return Ok(None);
        };
        let account = Arc::new(user.account(&realm.keys)?);
        self.ports.accounts.insert(&realm.name, Arc::clone(&account), generation);
        Ok(Some(account))
    }
}

impl Principal {
    /// The caller's own account, when it is the one that is asked for.
    ///
    /// # Errors
    /// Not found, for any identifier but one's own.
    pub fn own_account(&self, id: Option<&str>) -> Result<&Account> {
        match id {
            Some(id) if id != self.account.id.as_str() => Err(Error::not_found()),
            _ => Ok(&self.account),
        }
    }
}
