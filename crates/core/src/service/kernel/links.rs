//! Links and their challenges.

use super::Scope;
use crate::{
    error::{Error, Result},
    link::{Challenge, LinkAction, LinkToken, PresentedToken, Purpose},
};

impl Scope<'_> {
    /// Returns the URL of a page of the realm with a token.
    pub(in crate::service) fn url(&self, page: &str, token: &LinkToken) -> String {
        format!("{}/{}/{page}?token={}", self.settings.public_url, self.realm.name, token.expose())
    }

    /// Derives the link of a challenge to this page.
    pub(in crate::service) fn link(&self, page: &str, action: LinkAction, challenge: &Challenge) -> String {
        self.url(page, &LinkToken::derive(&self.realm.keys, action, challenge))
    }

    /// Returns the challenge that a token refers to. The token is not verified yet.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid, and `Unavailable` if the store fails.
    pub(in crate::service) async fn named_challenge(&self, token: &PresentedToken) -> Result<Challenge> {
        let challenge = self.ports.store.challenge(&self.realm.name, token.challenge).await?;
        challenge.ok_or_else(Error::bad_link)
    }

    /// Returns the unexpired challenge that a token proves for this action and purpose. The challenge may already be
    /// used.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid, and `Unavailable` if the store fails.
    pub(in crate::service) async fn proved_challenge(
        &self,
        token: &str,
        action: LinkAction,
        purpose: Purpose,
    ) -> Result<Challenge> {
        let token = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        let challenge = self.named_challenge(&token).await?;
        self.require_proof(&token, action, &challenge)?;
        if challenge.purpose == purpose { Ok(challenge) } else { Err(Error::bad_link()) }
    }

    /// Requires that a token was derived from its challenge for this action, and that the challenge has not expired.
    ///
    /// # Errors
    /// Returns `BadLink` if the link or code is invalid for any reason.
    pub(in crate::service) fn require_proof(
        &self,
        token: &PresentedToken,
        action: LinkAction,
        challenge: &Challenge,
    ) -> Result<()> {
        let is_proved = token.proves(&self.realm.keys, action, challenge);
        if is_proved && challenge.expires_at > self.ctx.now { Ok(()) } else { Err(Error::bad_link()) }
    }
}
