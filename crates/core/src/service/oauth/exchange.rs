//! `token` with `grant_type=authorization_code`: exchanges a code for tokens (RFC 6749 §4.1.3).

use super::OAuth;
use crate::{
    account::{Account, User},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{ACCOUNT_LOCKED, CODE_REFUSED, PASSWORD_CHANGE_REQUIRED},
    },
    id::SessionId,
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    oauth::{CODE_KEPT, CodeNote, GrantType, RegisteredClient, Scopes, scopes::OPENID},
    port::{Batch, ChallengeOp, CommitError, Precondition, SessionOp, UserOp},
    seal::DataKey,
    service::kernel::{ATTEMPTS, AuthenticatedClient, retry},
    session::{Family, Session, SessionGrant, SessionKind},
    token::{AccessToken, IdTokenParts, RefreshToken},
};

/// Parameters of the request. They contain a code and its verifier and are never printed.
#[derive(Default)]
pub struct CodeForm<'a> {
    pub code: Option<&'a str>,
    pub redirect_uri: Option<&'a str>,
    pub code_verifier: Option<&'a str>,
}

impl std::fmt::Debug for CodeForm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeForm(…)")
    }
}

/// Tokens of a client.
#[derive(Debug)]
pub struct ClientTokens {
    pub access: AccessToken,
    pub scopes: Scopes,
    /// Signed ID token, if the scopes include `openid`.
    pub id_token: Option<IdToken>,
    /// Refresh token, if the client may use that grant type.
    pub refresh: Option<RefreshToken>,
}

/// A signed ID token. Never printed.
pub struct IdToken(pub(super) String);

impl IdToken {
    /// Returns the compact serialization for the response.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdToken(…)")
    }
}

/// A code with its user and the data that it is bound to.
struct FoundCode {
    code: Challenge,
    user: User,
    key: DataKey,
    note: CodeNote,
}

impl OAuth<'_> {
    /// Exchanges a code for tokens. A code can be used once. A second use ends the session that the first use opened,
    /// because the code must have been copied.
    ///
    /// # Errors
    /// Returns `Refused` whatever is wrong with the code, `Forbidden` if the state of the account does not allow
    /// a session, and `Unavailable` if the store fails.
    pub async fn exchange(&self, client: &AuthenticatedClient, form: &CodeForm<'_>) -> Result<ClientTokens> {
        retry(ATTEMPTS, "the account kept changing during an exchange", |_| self.exchange_once(client, form)).await
    }

    /// Exchanges a code. Returns `None` if it was used, or if data changed since it was read.
    async fn exchange_once(&self, client: &AuthenticatedClient, form: &CodeForm<'_>) -> Result<Option<ClientTokens>> {
        let refused = |reason: &'static str| CODE_REFUSED.because(reason);
        let found = self.found_code(form.code).await?.ok_or_else(|| refused("unknown code"))?;
        let (code, note) = (&found.code, &found.note);
        if note.client != client.id.as_str() {
            return Err(refused("code of another client"));
        }
        if note.issued_at < client.created_at.millis() {
            return Err(refused("code of an earlier client"));
        }
        if code.used_at.is_some() {
            return self.end_reused_code(&found).await;
        }
        if note.is_expired(self.ctx.now) || note.password_set_at != found.user.password_set_at.millis() {
            return Err(refused("expired code"));
        }
        if form.redirect_uri != Some(note.redirect_uri.as_str()) || !note.is_proved_by(form.code_verifier) {
            // Each code can be tried only once.
            let spend = ChallengeOp::Spend { realm: self.realm.name.clone(), id: code.id, now: self.ctx.now };
            self.commit_unless(batch![spend], &[Precondition::ChallengeFresh]).await?;
            return Err(refused("wrong redirect URI or verifier"));
        }
        let Some(parent) = self.parent_of(&found).await? else { return Err(refused("browser session ended")) };
        self.check_state(&found.user)?;
        self.open_client_session(client, &found, &parent).await
    }

    /// Returns the code with this text, whether it was used or not.
    async fn found_code(&self, text: Option<&str>) -> Result<Option<FoundCode>> {
        let Some(presented) = text.and_then(PresentedToken::parse) else { return Ok(None) };
        let code = self.ports.store.challenge(&self.realm.name, presented.challenge).await?;
        let is_it = |code: &Challenge| {
            code.purpose == Purpose::Code && presented.proves(&self.realm.keys, LinkAction::Authorize, code)
        };
        let Some(code) = code.filter(is_it) else { return Ok(None) };
        let Some(user) = self.ports.store.user(&self.realm.name, &code.subject).await? else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let note = CodeNote::open(&key, &code).map_err(Error::internal)?;
        Ok(Some(FoundCode { code, user, key, note }))
    }

    /// Ends the session opened by the first use of a code.
    async fn end_reused_code(&self, found: &FoundCode) -> Result<Option<ClientTokens>> {
        let is_recent = found.code.used_at.is_some_and(|at| self.ctx.now.since(at) <= CODE_KEPT);
        if let Some(session) = found.note.opened.as_deref().and_then(SessionId::parse).filter(|_| is_recent) {
            tracing::warn!(realm = %self.realm.name, session = %session, "authorization code reused, session revoked");
            let audit = self.audit(Event::CodeReused).user(&found.user).session(&session);
            match self
                .commit(batch![self.end_session(&session), audit.detail("client", found.note.client.as_str())])
                .await
            {
                // The session has already ended.
                Ok(()) | Err(CommitError::Failed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CODE_REFUSED.because("used code"))
    }

    async fn parent_of(&self, found: &FoundCode) -> Result<Option<Session>> {
        let Some(id) = SessionId::parse(&found.note.session) else { return Ok(None) };
        let session = self.ports.store.session(&self.realm.name, &id).await?;
        Ok(session.filter(|session| {
            session.kind == SessionKind::Browser && session.user == found.user.id && session.is_live(self.ctx.now)
        }))
    }

    /// Rejects tokens for an account whose state does not allow a session.
    pub(super) fn check_state(&self, user: &User) -> Result<()> {
        if user.is_locked(self.ctx.now) {
            return Err(ACCOUNT_LOCKED.into());
        }
        if user.compromised { Err(PASSWORD_CHANGE_REQUIRED.into()) } else { Ok(()) }
    }

    async fn open_client_session(
        &self,
        client: &RegisteredClient,
        found: &FoundCode,
        parent: &Session,
    ) -> Result<Option<ClientTokens>> {
        let (ctx, realm) = (self.ctx, self.realm);
        let id = SessionId::random(ctx.random());
        let refresh = RefreshToken::first(ctx, &realm.keys, &id);
        let scopes = Scopes::parse(&found.note.scope).unwrap_or_default();
        let grant = SessionGrant { client: client.id.clone(), parent: parent.id.clone(), scopes };
        let session = self.client_session(client, parent, (id.clone(), &grant, &refresh));
        // The client may have been restricted, or the consent withdrawn, since the code was made.
        let Some((_, grant)) = self.granted(&session).await? else {
            return Err(CODE_REFUSED.because("consent withdrawn, or the client was changed"));
        };
        let session = self.client_session(client, parent, (id.clone(), &grant, &refresh));
        let account = self.account_of(&found.user).await?;
        let parts = (found.note.nonce.as_deref(), found.note.acr.as_deref().unwrap_or_else(|| session.acr()));
        let mut tokens = self.client_tokens(client, (&session, &grant), &account, parts)?;
        tokens.refresh = client.may(GrantType::RefreshToken).then_some(refresh);
        let note = CodeNote { opened: Some(id.as_str().to_owned()), ..found.note.clone() };
        let name = || realm.name.clone();
        let code = found.code.id;
        let mut batch: Batch = batch![
            ChallengeOp::Annotate { realm: name(), id: code, note: note.seal(ctx, &found.key), now: ctx.now },
            ChallengeOp::Spend { realm: name(), id: code, now: ctx.now },
            UserOp::Require { realm: name(), id: found.user.id.clone(), revision: found.user.revision },
            self.rotation_to(parent, parent.family.current),
            SessionOp::Insert(session),
            self.audit(Event::LoggedIn).user(&found.user).session(&id).detail("client", client.id.as_str()),
        ];
        batch.push(self.end_surplus_sessions(&found.user.id, (SessionKind::Client, Some(&client.id)), &id));
        let lost = [Precondition::ChallengeFresh, Precondition::UserRevision, Precondition::RefreshNewest];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %realm.name, client = %client.id, session = %id, "client session opened");
        Ok(Some(tokens))
    }

    fn client_session(
        &self,
        client: &RegisteredClient,
        parent: &Session,
        (id, grant, refresh): (SessionId, &SessionGrant, &RefreshToken),
    ) -> Session {
        let (now, policy) = (self.ctx.now, &self.realm.policy);
        let longest = if grant.is_offline() { now.plus(policy.session_max_age) } else { parent.expires_at };
        let is_refreshed = client.may(GrantType::RefreshToken);
        let expires_at = if is_refreshed { longest } else { longest.min(now.plus(policy.access_token_ttl)) };
        Session {
            realm: self.realm.name.clone(),
            id,
            user: parent.user.clone(),
            kind: SessionKind::Client,
            auth_time: parent.auth_time,
            amr: parent.amr.clone(),
            client: parent.client.clone(),
            impersonator: None,
            created_at: now,
            expires_at,
            family: Family {
                current: refresh.hash(),
                previous: None,
                rotated_at: now,
                idle_until: now.plus(policy.refresh_token_ttl).min(expires_at),
            },
            grant: Some(grant.clone()),
        }
    }

    /// Creates the tokens of a session.
    pub(super) fn client_tokens(
        &self,
        client: &RegisteredClient,
        (session, grant): (&Session, &SessionGrant),
        account: &Account,
        (nonce, acr): (Option<&str>, &str),
    ) -> Result<ClientTokens> {
        let algorithm = self.realm.policy.openid.algorithm_of(client);
        let roles = if client.first_party { account.roles.as_slice() } else { &[] };
        let ttl = self.realm.policy.access_token_ttl;
        let access = self.tokens.issue_for_client(self.ctx, (session, grant), account, (algorithm, roles, ttl));
        let access = access.map_err(Error::internal)?;
        let id_token = if grant.scopes.has(OPENID) {
            let parts = IdTokenParts { nonce, acr, access: &access };
            let token = self.tokens.issue_id_token(self.ctx, (session, grant), account, (algorithm, parts));
            Some(IdToken(token.map_err(Error::internal)?))
        } else {
            None
        };
        Ok(ClientTokens { access, scopes: grant.scopes.clone(), id_token, refresh: None })
    }
}
