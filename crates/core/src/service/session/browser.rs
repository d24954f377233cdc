//! Sessions of browsers: a cookie instead of tokens, which opens pages and nothing else.

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

/// Time after which another use of a session is recorded.
const USE_RECORDED_AFTER: Duration = Duration::from_secs(300);

impl Sessions<'_> {
    /// Returns the authority of a cookie; `None` if it opens nothing: unknown, ended, expired, replaced, or of another kind.
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
        let impersonator = session.impersonator.clone();
        Ok(Some(Viewer::new(Owner::new(account, session.id, authentication), impersonator)))
    }

    /// Replaces the value of a cookie after a change that signs others out.
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

    /// Returns whether an account needs two factors, so that a password alone renews nothing.
    #[must_use]
    pub fn needs_two(&self, viewer: &Viewer) -> bool {
        self.needs_two_steps(viewer.account().two_step)
    }

    /// Returns whether the last authentication is recent and strong enough for what needs a fresh one.
    #[must_use]
    pub fn is_fresh(&self, owner: &Owner) -> bool {
        owner.fresh(self.ctx.now, self.realm.policy.fresh_auth_age).is_ok()
    }

    async fn browser_session(&self, cookie: &str) -> Result<Option<Session>> {
        let Some(token) = BrowserToken::parse(cookie) else { return Ok(None) };
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let is_open = |session: &Session| {
            // The hash of a random value of 256 bits tells nothing about it, so comparing hashes needs no constant time.
            session.kind == SessionKind::Browser
                && session.family.current == token.hash()
                && session.is_live(self.ctx.now)
        };
        Ok(session.filter(is_open))
    }

    /// Records that a session is in use. A failure only shortens the idle time, so pages can still be read while nothing can be
    /// written.
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
