//! `verify`: the emailed link verifies the address. A contested registration requires a new password first.

use super::{
    Accounts,
    activate::{Activation, LinkTarget},
};
use crate::{
    account::{Registration, email::EmailAddress},
    audit::Event,
    error::{Error, Result},
    federation::LinkNote,
    link::{BrowserProof, Challenge, LinkAction, LinkToken},
};

/// Result of a verification link.
#[derive(Debug)]
pub enum Verified {
    /// The address is verified, by this or an earlier request.
    Done,
    /// The user's address was changed, by this or an earlier request.
    AddressChanged,
    /// The address has several registrations with different passwords. The owner must set a password at this URL.
    PasswordRequired { token: LinkToken, url: String },
}

/// State of a verification link that was opened but not used.
#[derive(Debug)]
pub enum OpenedLink {
    /// The registration awaits verification.
    Ready {
        /// Address of the registration.
        email: EmailAddress,
        /// URL that cancels the registration.
        undo_url: String,
        /// Whether the registration was submitted in this browser.
        is_own_browser: bool,
    },
    /// A change of the email address awaits verification. It requires [`Accounts::verify`].
    NewAddress(EmailAddress),
    /// The registration was started in this browser with an external account, which completes it.
    WithProvider,
    /// The result requires no further step.
    Settled(Verified),
}

impl Accounts<'_> {
    /// Uses a verification link. Using it again within its lifetime has the same result and changes nothing.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn verify(&self, token: &str) -> Result<Verified> {
        let work = async {
            if self.is_of_new_address(token).await? {
                return self.change_email(token).await;
            }
            self.verify_address(token).await
        };
        self.try_link(work).await
    }

    /// Follows a verification link. Verifies the address of a registration immediately, but does not change a user's
    /// address.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn follow_verification(&self, token: &str) -> Result<OpenedLink> {
        let work = async {
            if self.is_of_new_address(token).await? {
                return self.open_new_address(token).await;
            }
            self.verify_address(token).await.map(OpenedLink::Settled)
        };
        self.try_link(work).await
    }

    async fn open_new_address(&self, token: &str) -> Result<OpenedLink> {
        let waiting = self.open_change(token).await?;
        Ok(waiting.map_or(OpenedLink::Settled(Verified::AddressChanged), OpenedLink::NewAddress))
    }

    /// Opens a verification link without using it. `proof` is the browser's registration cookie, and `browser`
    /// contains its cookies of emailed links.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn open_verification(&self, token: &str, proof: Option<&str>, browser: &[&str]) -> Result<OpenedLink> {
        self.try_link(self.open_link(token, proof, browser)).await
    }

    async fn open_link(&self, token: &str, proof: Option<&str>, browser: &[&str]) -> Result<OpenedLink> {
        if self.is_of_new_address(token).await? {
            return self.open_new_address(token).await;
        }
        let (registration, challenge) = match self.link_target(LinkAction::Verify, token).await? {
            LinkTarget::Activated => {
                return Ok(OpenedLink::Settled(Verified::Done));
            }
            LinkTarget::Pending(registration, challenge) => (*registration, challenge),
        };
        if registration.contested {
            if self.is_with_provider(&registration, &challenge, browser)? {
                return Ok(OpenedLink::WithProvider);
            }
            return Ok(OpenedLink::Settled(self.password_required(&challenge)));
        }
        let own = BrowserProof::derive(&self.realm.keys, &registration.id);
        Ok(OpenedLink::Ready {
            email: self.address_of(registration)?,
            undo_url: self.link("undo", LinkAction::Reject, &challenge),
            is_own_browser: proof.is_some_and(|proof| own.is(proof)),
        })
    }

    /// Returns whether a registration was started in this browser with an external account.
    fn is_with_provider(&self, registration: &Registration, link: &Challenge, browser: &[&str]) -> Result<bool> {
        if link.note.is_none() || registration.id != link.subject {
            return Ok(false);
        }
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        Ok(LinkNote::open(&key, link)?.is_of(browser))
    }

    async fn verify_address(&self, token: &str) -> Result<Verified> {
        let (registration, challenge) = match self.link_target(LinkAction::Verify, token).await? {
            LinkTarget::Activated => return Ok(Verified::Done),
            LinkTarget::Pending(registration, challenge) => (*registration, challenge),
        };
        if registration.contested {
            return Ok(self.password_required(&challenge));
        }
        let user = registration.into_user();
        let profile = user.account(&self.realm.keys)?.profile;
        let (challenge, event) = (challenge.id, Event::EmailVerified);
        let is_mine = self.activate(&Activation { challenge, user: &user, profile: &profile, event }).await?;
        if !is_mine && self.ports.store.user(&self.realm.name, &user.id).await?.is_none() {
            return Err(Error::bad_link());
        }
        Ok(Verified::Done)
    }

    fn password_required(&self, challenge: &Challenge) -> Verified {
        let token = LinkToken::derive(&self.realm.keys, LinkAction::SetPassword, challenge);
        Verified::PasswordRequired { url: self.url("reset_password", &token), token }
    }

    fn address_of(&self, registration: Registration) -> Result<EmailAddress> {
        Ok(registration.into_user().account(&self.realm.keys)?.profile.email)
    }
}
