//! Sessions: how one begins, how it is refreshed, and the pair of tokens that either gives.

use crate::{
    account::Profile,
    audit::{AuditRow, Event},
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    id::{SessionId, UserId},
    limit::{LimitKey, LimitKind},
    port::{CommitError, Op, Precondition, SessionOp},
    realm::Realm,
    seal::DataKey,
    service::{RawField, Service},
    session::{Amr, Family, Revocation, Session, SessionClient},
    token::{AccessToken, CLOCK_SKEW, RefreshToken},
};

/// What a login or a refresh gives.
#[derive(Debug)]
pub struct Tokens {
    /// For requests.
    pub access: AccessToken,
    /// For the next pair.
    pub refresh: RefreshToken,
}

/// The newest token but one may be used again for this long: an answer may be lost, and two tabs may ask at once.
const GRACE: std::time::Duration = std::time::Duration::from_secs(30);
/// So often is a refresh tried anew when another one of the same session comes between.
const TRIES: usize = 8;

fn dead() -> Error {
    Error::new(ErrorKind::Refused, "refresh.invalid", "Invalid or expired refresh token")
}

/// What a refresh token is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The newest.
    First,
    /// The newest but one, within the grace.
    Again,
    /// Used up: somebody else has a copy.
    Stale,
}

fn use_of(session: &Session, token: &RefreshToken, now: Timestamp) -> Use {
    let Family { current, previous, rotated_at, .. } = &session.family;
    // In either direction: a clock that was set back must not stretch it.
    let in_grace = now.since(*rotated_at).max(rotated_at.since(now)) <= GRACE;
    match token.hash() {
        hash if hash == *current => Use::First,
        hash if in_grace && *previous == Some(hash) => Use::Again,
        _ => Use::Stale,
    }
}

impl Service {
    /// A session for this user, as of now, and its first tokens. Nothing is committed yet.
    pub(super) fn begin_session(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        user: &UserId,
        key: &DataKey,
        profile: &Profile,
        amr: Amr,
    ) -> Result<(Session, Tokens)> {
        let id = SessionId::random(ctx.random());
        let refresh = RefreshToken::first(ctx, &realm.keys, &id);
        let session = Session {
            realm: realm.name.clone(),
            id,
            user: user.clone(),
            auth_time: ctx.now,
            amr: vec![amr],
            client: key.seal(ctx, "session", &SessionClient::from(&ctx.client).to_bytes()?),
            created_at: ctx.now,
            expires_at: ctx.now.plus(self.rules.session_lifetime),
            family: Family {
                current: refresh.hash(),
                previous: None,
                rotated_at: ctx.now,
                idle_until: ctx.now.plus(self.rules.refresh_lifetime),
            },
        };
        let tokens = self.tokens(ctx, realm, &session, profile, refresh, ctx.now)?;
        Ok((session, tokens))
    }

    /// The pair that was given out at this time: the same pair, however often it is put together.
    fn tokens(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        session: &Session,
        profile: &Profile,
        refresh: RefreshToken,
        given_at: Timestamp,
    ) -> Result<Tokens> {
        let jti = refresh.access_token_id(&realm.keys);
        let access = self.tokens.issue(session, profile, jti, given_at, ctx.now).map_err(Error::internal)?;
        Ok(Tokens { access, refresh })
    }

    /// Gives the next pair of tokens for a refresh token, which is used up by it. Within the grace the same token gives the
    /// same pair again; any older one means that somebody else has a copy, and ends the session (RFC 9700 §4.14.2).
    ///
    /// # Errors
    /// Refused, without saying why; limited; unavailable.
    pub async fn refresh(&self, ctx: &Ctx, realm: &Realm, token: &RawField) -> Result<Tokens> {
        let token = token.text().and_then(|raw| RefreshToken::parse(&realm.keys, raw)).ok_or_else(dead)?;
        let key = LimitKey::in_realm(&realm.keys, LimitKind::Refreshes, &[token.session().as_str().as_bytes()]);
        match self.spend(ctx, LimitKind::Refreshes, key, self.rules.limits.refreshes_session).await {
            Ok(spent) => self.counted(spent, self.rotate(ctx, realm, &token)).await,
            // Whoever holds a stolen token must not hide it by using up what the session may ask for.
            Err(limited) => match self.live(ctx, realm, &token).await? {
                session if use_of(&session, &token, ctx.now) == Use::Stale => {
                    self.end_family(ctx, realm, &session).await
                }
                _ => Err(limited),
            },
        }
    }

    /// The session of a refresh token, while it lasts.
    async fn live(&self, ctx: &Ctx, realm: &Realm, token: &RefreshToken) -> Result<Session> {
        let session = self.ports.store.session(&realm.name, token.session()).await?.ok_or_else(dead)?;
        if session.is_live(ctx.now) { Ok(session) } else { Err(dead()) }
    }

    async fn rotate(&self, ctx: &Ctx, realm: &Realm, token: &RefreshToken) -> Result<Tokens> {
        let next = token.successor(&realm.keys);
        for _ in 0..TRIES {
            let session = self.live(ctx, realm, token).await?;
            let account = self.account(realm, &session.user).await?.ok_or_else(dead)?;
            let given_at = match use_of(&session, token, ctx.now) {
                Use::Stale => return self.end_family(ctx, realm, &session).await,
                Use::Again => session.family.rotated_at,
                Use::First => match self.commit(vec![self.rotation(ctx, &session, &next)]).await {
                    Ok(()) => ctx.now,
                    Err(CommitError::Failed(Precondition::RefreshNewest)) => continue,
                    Err(error) => return Err(error.into()),
                },
            };
            return self.tokens(ctx, realm, &session, &account.profile, next, given_at);
        }
        Err(Error::internal("the session kept changing during a refresh"))
    }

    fn rotation(&self, ctx: &Ctx, session: &Session, next: &RefreshToken) -> Op {
        SessionOp::Rotate {
            realm: session.realm.clone(),
            id: session.id.clone(),
            from: session.family.current,
            to: next.hash(),
            at: ctx.now,
            idle_until: ctx.now.plus(self.rules.refresh_lifetime),
        }
        .into()
    }

    /// Ends a session of which a used-up refresh token has turned up, and refuses that.
    async fn end_family<T>(&self, ctx: &Ctx, realm: &Realm, session: &Session) -> Result<T> {
        tracing::warn!(realm = %realm.name, session = %session.id, "a used refresh token was used again: the session is ended");
        let audit = AuditRow::new(ctx, &realm.name, Event::RefreshReused).user(&session.user);
        match self.commit(batch![self.end(ctx, realm, &session.id), audit]).await {
            // Ended by somebody else already.
            Ok(()) | Err(CommitError::Failed(_)) => Err(dead()),
            Err(error) => Err(error.into()),
        }
    }

    /// The end of one session.
    pub(super) fn end(&self, ctx: &Ctx, realm: &Realm, session: &SessionId) -> Op {
        let expires_at = self.last_token_expires(ctx);
        SessionOp::End(Revocation { realm: realm.name.clone(), session: session.clone(), expires_at }).into()
    }

    /// The end of all sessions of a user, but perhaps for one.
    pub(super) fn end_all(&self, ctx: &Ctx, realm: &Realm, user: &UserId, except: Option<SessionId>) -> Op {
        let expires_at = self.last_token_expires(ctx);
        SessionOp::EndAll { realm: realm.name.clone(), user: user.clone(), except, expires_at }.into()
    }

    /// When no access token that is about now can be good any more.
    fn last_token_expires(&self, ctx: &Ctx) -> Timestamp {
        ctx.now.plus(self.tokens.lifetime).plus(CLOCK_SKEW)
    }
}
