//! Cookies of browser sessions, shared by all areas. Each authentication replaces the value.

use std::time::Duration;

use super::Scope;
use crate::{
    port::SessionOp,
    session::{Session, SessionKind, TokenHash},
    token::BrowserToken,
};

/// New value of a browser session's cookie.
#[derive(Debug)]
pub struct RenewedCookie {
    pub token: BrowserToken,
    /// Remaining lifetime of the session, if it is persistent.
    pub kept: Option<Duration>,
}

impl Scope<'_> {
    /// Returns a new cookie value for a session, with the operation that replaces the previous one. Returns `None`
    /// for other kinds of sessions.
    pub(in crate::service) fn renewed_cookie(&self, session: &Session) -> Option<(SessionOp, RenewedCookie)> {
        if session.kind != SessionKind::Browser {
            return None;
        }
        let token = BrowserToken::new(self.ctx, &session.id);
        let kept = self.is_kept(session).then(|| session.expires_at.since(self.ctx.now));
        Some((self.rotation_to(session, token.hash()), RenewedCookie { token, kept }))
    }

    /// Returns the operation that replaces the hash of a session's cookie and records its use.
    pub(in crate::service) fn rotation_to(&self, session: &Session, to: TokenHash) -> SessionOp {
        let idle_until = self.ctx.now.plus(self.realm.policy.browser_session_idle).min(session.expires_at);
        SessionOp::Rotate {
            realm: session.realm.clone(),
            id: session.id.clone(),
            from: session.family.current,
            to,
            at: self.ctx.now,
            idle_until: if self.is_kept(session) { session.expires_at } else { idle_until },
        }
    }

    /// Returns whether a session is persistent. Its lifetime is then longer than that of other browser sessions.
    fn is_kept(&self, session: &Session) -> bool {
        let lifetime = session.expires_at.since(session.created_at);
        lifetime > self.realm.policy.browser_session_max_age && session.family.idle_until == session.expires_at
    }
}
