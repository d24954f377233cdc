//! `token` with `grant_type=refresh_token`: issues the next tokens of a session.

use std::time::Duration;

use super::{Sessions, Tokens};
use crate::{
    audit::Event,
    batch,
    clock::Timestamp,
    error::{Result, catalogue::REFRESH_INVALID},
    limit::{LimitKey, LimitKind},
    port::{CommitError, Op, Precondition, SessionOp},
    service::{RawField, kernel::retry},
    session::{Family, Session},
    token::RefreshToken,
};

/// Time for which the previous token is still accepted: a response may be lost, and two tabs may refresh at once.
const GRACE: Duration = Duration::from_secs(30);
/// Number of attempts while other refreshes of the same session commit.
const TRIES: usize = 8;

/// Position of a refresh token in its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Newest,
    /// The previous token, within the grace period.
    Previous,
    /// An older token: it may have been stolen.
    Reused,
}

fn position(session: &Session, token: &RefreshToken, now: Timestamp) -> Position {
    let Family { current, previous, rotated_at, .. } = &session.family;
    // Both directions count, so that a clock that was set back does not extend the grace period.
    let in_grace = now.since(*rotated_at).max(rotated_at.since(now)) <= GRACE;
    match token.hash() {
        hash if hash == *current => Position::Newest,
        hash if in_grace && *previous == Some(hash) => Position::Previous,
        _ => Position::Reused,
    }
}

impl Sessions<'_> {
    /// Issues the next tokens for a refresh token, which becomes invalid. Within the grace period the same token gives the
    /// same tokens again. The reuse of an older one ends the session (RFC 9700 §4.14.2).
    ///
    /// # Errors
    /// Refused, for every reason; limited; unavailable.
    pub async fn refresh(&self, token: &RawField) -> Result<Tokens> {
        let parsed = token.text().and_then(|raw| RefreshToken::parse(&self.realm.keys, raw));
        let token = parsed.ok_or(REFRESH_INVALID)?;
        let subject = token.session().as_str().as_bytes();
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::Refreshes, &[subject]);
        match self.charge(LimitKind::Refreshes, key, self.settings.limits.refreshes_session).await {
            Ok(charge) => self.charged(charge, self.rotate(&token)).await,
            // The holder of a stolen token must not hide its reuse by exhausting the session's limit.
            Err(limited) => {
                let session = self.live_session(&token).await?;
                match position(&session, &token, self.ctx.now) {
                    Position::Reused => self.end_reused(&session).await,
                    Position::Newest | Position::Previous => Err(limited),
                }
            }
        }
    }

    async fn live_session(&self, token: &RefreshToken) -> Result<Session> {
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        session.filter(|session| session.is_live(self.ctx.now)).ok_or_else(|| REFRESH_INVALID.into())
    }

    async fn rotate(&self, token: &RefreshToken) -> Result<Tokens> {
        retry(TRIES, "the session kept changing during a refresh", |_| self.rotate_once(token)).await
    }

    /// Issues the next tokens; `None` if another refresh of the session was committed meanwhile.
    async fn rotate_once(&self, token: &RefreshToken) -> Result<Option<Tokens>> {
        let next = token.successor(&self.realm.keys);
        let session = self.live_session(token).await?;
        let account = self.account(&session.user).await?.ok_or(REFRESH_INVALID)?;
        let issued_at = match position(&session, token, self.ctx.now) {
            Position::Reused => return self.end_reused(&session).await,
            Position::Previous => session.family.rotated_at,
            Position::Newest => {
                let rotation = batch![self.rotation(&session, &next)];
                if !self.commit_unless(rotation, &[Precondition::RefreshNewest]).await? {
                    return Ok(None);
                }
                self.ctx.now
            }
        };
        self.tokens(&session, &account.profile, next, issued_at).map(Some)
    }

    fn rotation(&self, session: &Session, next: &RefreshToken) -> Op {
        SessionOp::Rotate {
            realm: session.realm.clone(),
            id: session.id.clone(),
            from: session.family.current,
            to: next.hash(),
            at: self.ctx.now,
            idle_until: self.ctx.now.plus(self.realm.policy.refresh_token_ttl),
        }
        .into()
    }

    /// Ends the session of a reused refresh token, and refuses the token.
    async fn end_reused<T>(&self, session: &Session) -> Result<T> {
        tracing::warn!(realm = %self.realm.name, session = %session.id, "refresh token reused, session revoked");
        let audit = self.audit(Event::RefreshReused).user(&session.user);
        match self.commit(batch![self.end_session(&session.id), audit]).await {
            // A failed precondition means that another request has ended the session already.
            Ok(()) | Err(CommitError::Failed(_)) => Err(REFRESH_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }
}
