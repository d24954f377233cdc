//! `token` with `grant_type=refresh_token`: issues the next tokens of a session.

use std::time::Duration;

use super::{Sessions, Tokens};
use crate::{
    account::Account,
    audit::Event,
    batch,
    error::{Result, catalogue::REFRESH_INVALID},
    limit::{LimitKey, LimitKind, Quota},
    port::{Batch, CommitError, LimitOp, Op, Precondition, SessionOp, UserOp},
    service::{
        RawField,
        kernel::{ATTEMPTS, retry},
    },
    session::{Position, Session, SessionKind},
    token::{RefreshToken, TokenUser},
};

/// Maximum number of late repetitions in a session, for example by a phone that lost its connection. Another one ends
/// the session, because a stolen token is repeated more often than responses are lost.
const LATE_REPEATS: Quota = Quota { times: 2, per: Duration::from_secs(24 * 3600) };
impl Sessions<'_> {
    /// Issues the next tokens for a refresh token. Until its successor is used, it can be repeated within the grace
    /// period. This returns the same new refresh token and a new access token. Any other reuse ends the session (RFC
    /// 9700 §4.14.2).
    ///
    /// # Errors
    /// Returns `Refused` if the refresh token is invalid for any reason, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
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
                let account = self.account(&session.user).await?.ok_or(REFRESH_INVALID)?;
                match self.position(&session, &token) {
                    Position::Reused => self.end_reused(&session, &account, Batch::new()).await,
                    Position::Newest | Position::Previous | Position::Late => {
                        self.note_limit_of(&*account).await?;
                        Err(limited)
                    }
                }
            }
        }
    }

    fn position(&self, session: &Session, token: &RefreshToken) -> Position {
        session.family.position(token.hash(), self.ctx.now, self.realm.policy.refresh_grace)
    }

    async fn live_session(&self, token: &RefreshToken) -> Result<Session> {
        let session = self.ports.store.session(&self.realm.name, token.session()).await?;
        let is_live = |session: &Session| {
            session.kind == SessionKind::Api && session.is_live(self.ctx.now) && session.impersonator.is_none()
        };
        session.filter(is_live).ok_or_else(|| REFRESH_INVALID.into())
    }

    async fn rotate(&self, token: &RefreshToken) -> Result<Tokens> {
        retry(ATTEMPTS, "the session kept changing during a refresh", |_| self.rotate_once(token)).await
    }

    /// Issues the next tokens. Returns `None` if another refresh of the session was committed in the meantime.
    async fn rotate_once(&self, token: &RefreshToken) -> Result<Option<Tokens>> {
        let next = token.successor(&self.realm.keys);
        let session = self.live_session(token).await?;
        let account = self.account(&session.user).await?.ok_or(REFRESH_INVALID)?;
        match self.position(&session, token) {
            Position::Reused => return self.end_reused(&session, &account, Batch::new()).await,
            Position::Late => self.allow_late_repeat(&session, &account).await?,
            Position::Previous => {}
            Position::Newest => {
                let mut rotation = batch![self.rotation(&session, &next)];
                let today = self.ctx.now.day();
                if session.family.rotated_at < today {
                    let (realm, id) = (session.realm.clone(), session.user.clone());
                    rotation.push(UserOp::Seen { realm, id, on: today }.into());
                }
                if !self.commit_unless(rotation, &[Precondition::RefreshNewest]).await? {
                    return Ok(None);
                }
            }
        }
        self.tokens(&session, TokenUser::from(&*account), next).map(Some)
    }

    /// Counts a late repetition, or ends the session after too many. This is not a rate limit, so it is counted in
    /// every mode.
    async fn allow_late_repeat(&self, session: &Session, account: &Account) -> Result<()> {
        let (kind, subject) = (LimitKind::LateRepeats, session.id.as_str().as_bytes());
        let key = LimitKey::in_realm(&self.realm.keys, kind, &[subject]);
        let audit = self.audit(Event::RefreshRepeated).session(&session.id).user(account);
        let count = LimitOp::Count { kind, key, quota: LATE_REPEATS, now: self.ctx.now };
        if self.commit_unless(batch![count, audit.clone()], &[Precondition::WithinQuota(kind)]).await? {
            tracing::info!(realm = %self.realm.name, session = %session.id, "refresh token repeated");
            return Ok(());
        }
        self.end_reused(session, account, batch![audit]).await
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

    /// Ends the session of a reused refresh token and rejects the token.
    async fn end_reused<T>(&self, session: &Session, account: &Account, with: Batch) -> Result<T> {
        tracing::warn!(realm = %self.realm.name, session = %session.id, "refresh token reused, session revoked");
        let audit = self.audit(Event::RefreshReused).session(&session.id).user(account);
        let ending = batch![self.end_session(&session.id), audit];
        match self.commit(ending.into_iter().chain(with).collect()).await {
            // A failed precondition means that another request has already ended the session.
            Ok(()) | Err(CommitError::Failed(_)) => Err(REFRESH_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }
}
