//! Browser sessions: a cookie instead of tokens. It only gives access to pages.

use std::time::Duration;

use super::Sessions;
use crate::{
    batch,
    error::{Error, Result},
    port::Precondition,
    service::{
        Owner, Viewer,
        kernel::{Authentication, RenewedCookie},
    },
    session::{Session, SessionKind},
    token::BrowserToken,
};

/// Minimum interval between recorded uses of a session.
const USE_RECORDED_AFTER: Duration = Duration::from_secs(300);

impl Sessions<'_> {
    /// Returns the authority of a cookie. Returns `None` if it is not valid: unknown, ended, expired, replaced, or of
    /// another kind.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub async fn authenticate_browser(&self, cookie: &str) -> Result<Option<Viewer>> {
        let Some(session) = self.browser_session(cookie).await? else { return Ok(None) };
        let Some(account) = self.account(&session.user).await? else { return Ok(None) };
        if !self.is_backed(&session).await? {
            return Ok(None);
        }
        self.record_use(&session).await;
        let needs_two = self.needs_two_steps(account.two_step);
        let authentication = Authentication { at: session.auth_time, assurance: session.assurance(), needs_two };
        let (impersonator, hash) = (session.impersonator.clone(), session.family.current);
        Ok(Some(Viewer::new(Owner::new(account, session.id, authentication), impersonator).with_cookie(hash)))
    }

    /// Replaces the value of a cookie after a change that ends other sessions.
    ///
    /// # Errors
    /// Returns `BadToken` if the session ended in the meantime, and `Unavailable` if the store fails.
    pub async fn renew_browser(&self, cookie: &str) -> Result<RenewedCookie> {
        let ended = || Error::bad_token().because("session ended");
        let session = self.browser_session(cookie).await?.ok_or_else(ended)?;
        let (rotation, renewed) = self.renewed_cookie(&session).ok_or_else(ended)?;
        let is_done = self.commit_unless(batch![rotation], &[Precondition::RefreshNewest]).await?;
        if is_done { Ok(renewed) } else { Err(ended()) }
    }

    /// Ends the session of a cookie, if there is one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn end_browser(&self, cookie: &str) -> Result<()> {
        let Some(viewer) = self.authenticate_browser(cookie).await? else { return Ok(()) };
        match self.logout(&viewer).await {
            Err(error) if error.kind().is_ours() => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns whether an account needs two factors, so that a password alone cannot renew the session.
    #[must_use]
    pub fn needs_two(&self, viewer: &Viewer) -> bool {
        self.needs_two_steps(viewer.account().two_step)
    }

    /// Returns whether the last authentication is recent and strong enough for operations that require a fresh login.
    #[must_use]
    pub fn is_fresh(&self, owner: &Owner) -> bool {
        owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age).is_ok()
    }

    async fn browser_session(&self, cookie: &str) -> Result<Option<Session>> {
        let Some(token) = BrowserToken::parse(cookie) else { return Ok(None) };
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let is_open = |session: &Session| {
            // The hash reveals nothing about the 256-bit random value, so this comparison need not be constant-time.
            session.kind == SessionKind::Browser
                && session.family.current == token.hash()
                && session.is_live(self.ctx.now)
        };
        Ok(session.filter(is_open))
    }

    /// Records that a session is in use. Failures are ignored, because they only shorten the idle time. Pages can
    /// then be read even if the store cannot be written.
    async fn record_use(&self, session: &Session) {
        let after = USE_RECORDED_AFTER.min(self.realm.policy.browser_session_idle / 4);
        if self.ctx.now.since(session.family.rotated_at) < after {
            return;
        }
        let recorded = self.rotation_to(session, session.family.current);
        if let Err(error) = self.commit_unless(batch![recorded], &[Precondition::RefreshNewest]).await {
            tracing::debug!(realm = %self.realm.name, session = %session.id, %error, "use of a session not recorded");
        }
    }
}
