//! Authentication of administrators: by a browser session, by an API key, or as the command line on the server.

use std::time::Duration;

use super::Administration;
use crate::{
    account::User,
    admin::{AdminKey, AdminSecret, Grant, Grants},
    batch,
    clock::Timestamp,
    error::{Error, Result, catalogue::ADMIN_SIGN_IN},
    limit::{LimitKey, LimitKind},
    port::{Precondition, RecordOp, SessionOp},
    record::{Record, RecordKeys, RecordRow},
    service::{
        Administrator, Owner,
        kernel::{Authentication, Identity},
    },
    session::Session,
    token::RefreshToken,
};

/// Minimum interval between updates of a session's last use.
const NOTED_EVERY: Duration = Duration::from_secs(60);

impl Administration<'_> {
    /// Authenticates an administrator by the session cookie. Nothing is cached, so a revoked grant has no effect from
    /// the next request on, on any server.
    ///
    /// # Errors
    /// Returns `NoCredentials` whatever the reason, and `Unavailable` if the store fails.
    pub async fn of_session(&self, cookie: &str) -> Result<Administrator> {
        let (store, realm) = (&self.ports.store, self.realm);
        let token = RefreshToken::parse(&realm.keys, cookie).ok_or(ADMIN_SIGN_IN)?;
        let session = store.session(&realm.name, token.session()).await?;
        let is_live = |session: &Session| session.is_live(self.ctx.now) && session.family.current == token.hash();
        let session = session.filter(is_live).ok_or(ADMIN_SIGN_IN)?;
        let user = store.user(&realm.name, &session.user).await?;
        let user = user.filter(|user| !user.is_locked(self.ctx.now)).ok_or(ADMIN_SIGN_IN)?;
        let grants = self.grants_of(&user).await?.grants;
        self.note_use(&session).await?;
        self.administrator(&user, &session, grants)
    }

    fn administrator(&self, user: &User, session: &Session, grants: Grants) -> Result<Administrator> {
        let authentication =
            Authentication { at: session.auth_time, assurance: session.assurance(), needs_two: user.two_step };
        let account = user.account(&self.realm.keys)?;
        let owner = Owner::new(account.into(), session.id.clone(), authentication);
        let must_add_factor = self.settings.admin.requires_mfa && !user.two_step;
        Ok(Administrator::new(Identity::Session(Box::new(owner)), grants, must_add_factor))
    }

    /// Extends a session that is in use.
    async fn note_use(&self, session: &Session) -> Result<()> {
        let (now, token) = (self.ctx.now, session.family.current);
        if now.since(session.family.rotated_at) < NOTED_EVERY {
            return Ok(());
        }
        let idle_until = now.plus(self.realm.policy.refresh_token_ttl);
        let (realm, id) = (session.realm.clone(), session.id.clone());
        let extended = SessionOp::Rotate { realm, id, from: token, to: token, at: now, idle_until };
        self.commit_unless(batch![extended], &[Precondition::RefreshNewest]).await?;
        Ok(())
    }

    /// Authenticates an API key. Failed attempts are counted per client.
    ///
    /// # Errors
    /// Returns `NoCredentials` whatever the reason, `Limited` if a limit is reached, and `Unavailable` if the store
    /// fails.
    pub async fn of_key(&self, presented: &str) -> Result<Administrator> {
        let found = match AdminSecret::parse(presented) {
            Some(presented) => self.key_of(&presented).await?,
            None => None,
        };
        // Valid keys are not subject to the limit on failures: a 256-bit secret cannot be guessed.
        let Some((row, key, grants)) = found else {
            let quota = self.settings.limits.admin_sign_in_client;
            self.charge_client(LimitKind::AdminSignIn, quota).await?;
            return Err(ADMIN_SIGN_IN.into());
        };
        let (kind, quota) = (LimitKind::AdminKey, self.settings.limits.admin_key);
        self.charge(kind, LimitKey::in_realm(&self.realm.keys, kind, &[key.id.as_str().as_bytes()]), quota).await?;
        self.note_use_of_key(&row, &key).await?;
        Ok(Administrator::new(Identity::Key(key.id, key.allow), grants, false))
    }

    async fn key_of(&self, presented: &AdminSecret) -> Result<Option<(RecordRow, AdminKey, Grants)>> {
        let row = self.ports.store.record(&self.realm.name, AdminKey::KIND, presented.id.as_str()).await?;
        let Some(row) = row else { return Ok(None) };
        let key = AdminKey::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)?;
        let is_proved = key.is_proved_by(presented, self.ctx.now) && key.is_for(self.ctx.client.ip);
        if !is_proved {
            return Ok(None);
        }
        Ok(self.grants_of_key(&key).await?.map(|grants| (row, key, grants)))
    }

    /// Records the day of the last use.
    async fn note_use_of_key(&self, row: &RecordRow, key: &AdminKey) -> Result<()> {
        let today = self.ctx.now.day();
        if key.last_used_on.is_some_and(|on: Timestamp| on >= today) {
            return Ok(());
        }
        let used = AdminKey { last_used_on: Some(today), ..key.clone() };
        let used = used.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let used = RecordRow { revision: row.revision + 1, ..used };
        self.commit_unless(batch![RecordOp::Replace(used)], &[Precondition::RecordRevision]).await?;
        Ok(())
    }

    /// Returns the authority of the command line: an owner, because it runs on the machine that has the server's
    /// keys.
    #[must_use]
    pub fn of_command_line(&self, system_user: &str) -> Administrator {
        Administrator::new(Identity::Cli(system_user.to_owned()), Grants::of(vec![Grant::OWNER]), false)
    }
}
