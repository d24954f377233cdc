//! `verify`: the link from the mail proves the address. A contested registration is settled by a new password instead.

use crate::{
    audit::Event,
    ctx::Ctx,
    error::{Error, Result},
    link::{LinkAction, LinkToken},
    realm::Realm,
    service::{Service, settle::Standing},
};

/// What came of opening a verification link.
#[derive(Debug)]
pub enum Verified {
    /// The address is proved, now or before.
    Done {
        /// To greet them by.
        name: String,
    },
    /// Several people gave a password for this address: its owner has to choose one, by this token.
    PasswordRequired(LinkToken),
}

impl Service {
    /// Opens a verification link. Opening it again inside its lifetime gives the same answer and changes nothing.
    ///
    /// # Errors
    /// The one answer for bad links; unavailable.
    pub async fn verify(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<Verified> {
        self.try_link(ctx, self.prove_address(ctx, realm, token)).await
    }

    async fn prove_address(&self, ctx: &Ctx, realm: &Realm, token: &str) -> Result<Verified> {
        let (registration, challenge) = match self.standing(ctx, realm, LinkAction::Verify, token).await? {
            Standing::Settled(user) => {
                return Ok(Verified::Done { name: greeting(&user.account(&realm.keys)?.profile) });
            }
            Standing::Pending(registration, challenge) => (registration, challenge),
        };
        if registration.contested {
            return Ok(Verified::PasswordRequired(LinkToken::derive(&realm.keys, LinkAction::SetPassword, &challenge)));
        }
        let user = registration.into_user();
        let profile = user.account(&realm.keys)?.profile;
        let is_mine = self.settle(ctx, realm, challenge.id, &user, &profile, Event::EmailVerified).await?;
        if !is_mine && self.ports.store.user(&realm.name, &user.id).await?.is_none() {
            return Err(Error::bad_link());
        }
        Ok(Verified::Done { name: greeting(&profile) })
    }
}

fn greeting(profile: &crate::account::Profile) -> String {
    profile.first_name.for_greeting().to_owned()
}
