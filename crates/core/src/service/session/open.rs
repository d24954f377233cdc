//! Third stage of a login: creates the session and issues its tokens.

use super::{
    Sessions,
    prove::OpenedUser,
    step::{FirstProof, Passed, SecondFactor, Step},
};
use crate::{
    account::{Profile, User},
    audit::Event,
    batch,
    error::{Error, Result, catalogue::ACCOUNT_LOCKED},
    id::SessionId,
    port::{Batch, Op, Precondition, SessionOp, UserOp},
    service::{
        RawField,
        kernel::{Challenged, HashPermit, Opens},
    },
    session::{Amr, Family, Openers, Session, SessionClient, SessionKind, TokenHash, device::KnownDevice},
    token::{AccessToken, BrowserToken, RefreshToken, TokenUser},
};

/// Access and refresh token of a session.
#[derive(Debug)]
pub struct Tokens {
    pub access: AccessToken,
    pub refresh: RefreshToken,
    /// Cookie value of a browser session. Its other tokens must not be returned.
    pub browser: Option<BrowserToken>,
}

/// A new session.
#[derive(Debug)]
pub struct LoggedIn {
    pub tokens: Tokens,
    /// Value that identifies this device at its next login.
    pub device: String,
}

/// Result of a successful first stage.
#[derive(Debug)]
pub enum Entry {
    LoggedIn(LoggedIn),
    Challenged(Challenged),
}

/// Login with a successful first stage.
pub(in crate::service) struct ProvedLogin<'a> {
    pub(in crate::service) user: User,
    pub(in crate::service) proof: FirstProof,
    /// Whether the proof itself consists of two factors.
    pub(in crate::service) has_two_factors: bool,
    /// Operation that requires the user to be unchanged, or creates the user.
    pub(in crate::service) held: Op,
    /// Operations to commit with the session or ticket.
    pub(in crate::service) with: Batch,
    /// Device identifiers sent by the client. One may match a known device of the account.
    pub(in crate::service) devices: &'a [RawField],
}

impl Sessions<'_> {
    /// Creates a session, or issues a ticket if a second factor is required. Returns `None` if the account has
    /// changed since it was read.
    ///
    /// # Errors
    /// Returns `Forbidden` if the account is locked or its owner must choose a new password, `Unavailable` if the
    /// store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn enter_proved(&self, login: ProvedLogin<'_>) -> Result<Option<Entry>> {
        let ProvedLogin { user, proof, has_two_factors, held, with, devices } = login;
        if user.compromised {
            return Err(self.refuse_compromised(&user).await?);
        }
        let known = self.known_device(&user, devices);
        let device = known.clone().unwrap_or_else(|| KnownDevice::new(self.ctx));
        let owner = OpenedUser::open(self.realm, user)?;
        let step = if has_two_factors {
            let amr = Amr::union(&[proof.amr], &[Amr::Multi]);
            let opened_by = Openers { identity: proof.identity, passkey: None };
            Step::Passed(Box::new(Passed { owner, amr, opened_by, with: Batch::new() }))
        } else {
            let none = RawField::Missing;
            let second = SecondFactor { code: &none, kind: &none, remember: &none };
            self.step(owner, proof, second, Some(&device), known.is_some()).await?
        };
        match step {
            Step::Passed(mut passed) => {
                passed.with.extend(with);
                let tokens = self.open(&passed, held, known.is_some()).await?;
                let device = self.device_value(&device, &passed.owner.user, devices);
                Ok(tokens.map(|tokens| Entry::LoggedIn(LoggedIn { tokens, device })))
            }
            Step::Challenged(challenged, ticket) => {
                let batch = std::iter::once(held).chain(with).chain(ticket).collect();
                let lost = [
                    Precondition::UserRevision,
                    Precondition::UserFree,
                    Precondition::RecordFree,
                    Precondition::RecordRevision,
                    Precondition::ChallengeFresh,
                    Precondition::RegistrationThere,
                ];
                let is_done = self.commit_unless(batch, &lost).await?;
                Ok(is_done.then_some(Entry::Challenged(challenged)))
            }
        }
    }

    /// Commits a session. Returns `None` if the account has changed since it was read, because a login with an old
    /// password must not survive a password change. `held` requires the revision that was read.
    pub(in crate::service) async fn open(
        &self,
        passed: &Passed,
        held: Op,
        is_known_device: bool,
    ) -> Result<Option<Tokens>> {
        let user = &passed.owner.user;
        if user.is_locked(self.ctx.now) {
            return self.refuse_locked(user).await;
        }
        let profile = user.envelope.open_profile(&passed.owner.key)?;
        let (session, tokens) = self.new_session(passed, &profile)?;
        let (id, kind) = (session.id.clone(), session.kind);
        let new_device = self.new_device(passed, &profile, is_known_device, &id).await?;
        // The session is inserted last, because turning on two-step verification ends existing sessions.
        let mut batch = vec![held];
        batch.extend(passed.with.iter().cloned());
        let audit = self.audit(Event::LoggedIn).user(user).session(&id).detail("method", passed.method());
        batch.extend(batch![SessionOp::Insert(session), audit]);
        batch.push(self.end_surplus_sessions(&user.id, (kind, None), &id));
        // Another request used the factor, trusted device or ticket, or took the address of the new user.
        let lost = [
            Precondition::UserRevision,
            Precondition::RecordRevision,
            Precondition::RecordFree,
            Precondition::UserFree,
            Precondition::ChallengeFresh,
            Precondition::RegistrationThere,
        ];
        batch.extend(new_device);
        batch.extend(self.seen(user));
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, session = %id, "logged in");
        Ok(Some(tokens))
    }

    /// Rejects a session for a locked account after all factors were verified.
    async fn refuse_locked(&self, user: &User) -> Result<Option<Tokens>> {
        tracing::info!(realm = %self.realm.name, user = %user.id, reason = "locked", "login rejected");
        let audit = self.refused(self.audit(Event::LoginRefused).user(user).reason("locked"));
        self.commit(audit.into_iter().collect()).await?;
        Err(ACCOUNT_LOCKED.into())
    }

    /// Returns the operation that records the day of the login, once a day.
    fn seen(&self, user: &User) -> Option<Op> {
        let on = self.ctx.now.day();
        let (realm, id) = (user.realm.clone(), user.id.clone());
        user.seen_on.is_none_or(|seen| seen < on).then(|| UserOp::Seen { realm, id, on }.into())
    }

    /// Returns the operation that requires the revision that was read. If the hash is outdated, the operation
    /// replaces it.
    pub(super) async fn hold_user(
        &self,
        permit: &HashPermit<'_>,
        owner: &OpenedUser,
        password: &crate::account::password::Password,
    ) -> Result<Op> {
        let user = &owner.user;
        let is_outdated = owner.hash.as_ref().is_some_and(|hash| self.ports.hasher.is_outdated(hash));
        if !is_outdated {
            let (realm, id) = (user.realm.clone(), user.id.clone());
            return Ok(UserOp::Require { realm, id, revision: user.revision }.into());
        }
        let hash = self.hash(permit, password).await?;
        let envelope = user.envelope.with_password(self.ctx, &owner.key, &hash);
        Ok(UserOp::Update(User { envelope, revision: user.revision + 1, ..user.clone() }).into())
    }

    /// Creates a session for the verified factors, with further operations. Returns `None` if the account has
    /// changed.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(in crate::service) async fn open_with(
        &self,
        user: User,
        (amr, opened_by, with): (Vec<Amr>, Openers, Batch),
        held: Op,
        is_known_device: bool,
    ) -> Result<Option<Tokens>> {
        let owner = OpenedUser::open(self.realm, user)?;
        self.open(&Passed { owner, amr, opened_by, with }, held, is_known_device).await
    }

    fn new_session(&self, passed: &Passed, profile: &Profile) -> Result<(Session, Tokens)> {
        let (ctx, policy) = (self.ctx, &self.realm.policy);
        let id = SessionId::random(ctx.random());
        let refresh = RefreshToken::first(ctx, &self.realm.keys, &id);
        let browser = (self.opens != Opens::Api).then(|| BrowserToken::new(ctx, &id));
        let (kind, idle, max_age) = match self.opens {
            Opens::Api => (SessionKind::Api, policy.refresh_token_ttl, policy.session_max_age),
            Opens::Browser { keep: true } if !policy.browser_remember.is_zero() => {
                (SessionKind::Browser, policy.browser_remember, policy.browser_remember)
            }
            Opens::Browser { .. } => {
                (SessionKind::Browser, policy.browser_session_idle, policy.browser_session_max_age)
            }
        };
        let current: TokenHash = browser.as_ref().map_or_else(|| refresh.hash(), BrowserToken::hash);
        let client = SessionClient::from(&ctx.client).opened_by(&passed.opened_by);
        let session = Session {
            realm: self.realm.name.clone(),
            id,
            user: passed.owner.user.id.clone(),
            kind,
            auth_time: ctx.now,
            amr: passed.amr.clone(),
            impersonator: None,
            client: client.seal(ctx, &passed.owner.key)?,
            created_at: ctx.now,
            expires_at: ctx.now.plus(max_age),
            family: Family {
                current,
                previous: None,
                rotated_at: ctx.now,
                idle_until: ctx.now.plus(idle).min(ctx.now.plus(max_age)),
            },
            grant: None,
        };
        let roles = &passed.owner.user.roles;
        let tokens = self.tokens(&session, TokenUser { email: &profile.email, roles }, refresh)?;
        Ok((session, Tokens { browser, ..tokens }))
    }

    /// Creates an access token to return with this refresh token.
    pub(super) fn tokens(&self, session: &Session, user: TokenUser<'_>, refresh: RefreshToken) -> Result<Tokens> {
        let ttl = self.realm.policy.access_token_ttl;
        let access = self.tokens.issue(self.ctx, session, user, ttl).map_err(Error::internal)?;
        Ok(Tokens { access, refresh, browser: None })
    }
}
