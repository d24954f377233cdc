//! `verify`: the link of the mail verifies the address. A contested registration requires a new password first.

use super::{
    Accounts,
    activate::{Activation, LinkTarget},
};
use crate::{
    account::Profile,
    audit::Event,
    error::{Error, Result},
    link::{LinkAction, LinkToken},
};

/// Result of a verification link.
#[derive(Debug)]
pub enum Verified {
    /// The address is verified, now or by an earlier request.
    Done {
        /// Given name for the greeting; may be empty.
        name: String,
    },
    /// Registrations with different passwords were made for the address. The owner has to set a password at this URL.
    PasswordRequired { token: LinkToken, url: String },
}

impl Accounts<'_> {
    /// Uses a verification link. A second use within its lifetime has the same result and changes nothing.
    ///
    /// # Errors
    /// Bad link, for every reason; limited; unavailable.
    pub async fn verify(&self, token: &str) -> Result<Verified> {
        self.try_link(self.verify_address(token)).await
    }

    async fn verify_address(&self, token: &str) -> Result<Verified> {
        let (registration, challenge) = match self.link_target(LinkAction::Verify, token).await? {
            LinkTarget::Activated(user) => return Ok(done(&user.account(&self.realm.keys)?.profile)),
            LinkTarget::Pending(registration, challenge) => (registration, challenge),
        };
        if registration.contested {
            let token = LinkToken::derive(&self.realm.keys, LinkAction::SetPassword, &challenge);
            return Ok(Verified::PasswordRequired { url: self.url("reset_password", &token), token });
        }
        let user = registration.into_user();
        let profile = user.account(&self.realm.keys)?.profile;
        let (challenge, event) = (challenge.id, Event::EmailVerified);
        let is_mine = self.activate(&Activation { challenge, user: &user, profile: &profile, event }).await?;
        if !is_mine && self.ports.store.user(&self.realm.name, &user.id).await?.is_none() {
            return Err(Error::bad_link());
        }
        Ok(done(&profile))
    }
}

fn done(profile: &Profile) -> Verified {
    Verified::Done { name: profile.greeting_name().to_owned() }
}
