//! `POST …/users/{id}/impersonate`: creates a short read-only session on behalf of a user.

use std::time::Duration;

use super::Administered;
use crate::{
    admin::{FreshVerb, Impersonate},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, REVISION_STALE, USER_STATUS, VALUE_INVALID},
    },
    id::SessionId,
    limit::{LimitKey, LimitKind},
    message::{MessageKind, Recipient},
    port::{SessionOp, UserOp},
    service::{FieldErrors, RawField, RawJson},
    session::{Amr, Family, Session, SessionClient, SessionKind, TokenHash},
    token::{AccessToken, TokenUser},
};

/// Default and maximum duration of a session, in minutes.
const MINUTES: u64 = 10;
const MAX_MINUTES: u64 = 60;

/// An impersonation session. It has no refresh token.
#[derive(Debug)]
pub struct Impersonated {
    pub access: AccessToken,
    pub session: SessionId,
}

impl Administered<'_, Impersonate> {
    /// Creates an impersonation session and notifies the user.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Stale` if the login is too old or too weak, `Forbidden` if the
    /// API key lacks the action, `Invalid` if a field is invalid, `Limited` if a limit is reached, `Conflict` unless
    /// the user is active, and `Unavailable` if the store fails.
    pub async fn impersonate(&self, id: &str, reason: &RawField, minutes: &RawField) -> Result<Impersonated> {
        let user = self.subject(id).await?.into_user()?;
        self.fresh(FreshVerb::Impersonate)?;
        let mut errors = FieldErrors::default();
        let (reason, minutes) = (errors.reason(reason), minutes_of(minutes, &mut errors));
        let (reason, minutes) = errors.finish(reason.zip(minutes))?;
        if user.is_locked(self.ctx.now) {
            return Err(USER_STATUS.into());
        }
        let (ctx, realm, lifetime) = (self.ctx, &self.realm.name, Duration::from_secs(minutes * 60));
        let impersonator = self.admin().impersonator().ok_or(ADMIN_FORBIDDEN)?;
        let actor = impersonator.subject();
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let profile = user.envelope.open_profile(&key)?;
        let ends_at = ctx.now.plus(lifetime);
        let session = Session {
            realm: realm.clone(),
            id: SessionId::random(ctx.random()),
            user: user.id.clone(),
            auth_time: ctx.now,
            amr: vec![Amr::Impersonation],
            client: SessionClient::from(&ctx.client).seal(ctx, &key)?,
            impersonator: Some(impersonator),
            kind: SessionKind::Api,
            created_at: ctx.now,
            expires_at: ends_at,
            family: Family {
                current: TokenHash(ctx.bytes()),
                previous: None,
                rotated_at: ctx.now,
                idle_until: ends_at,
            },
            grant: None,
        };
        let of_token = TokenUser { email: &profile.email, roles: &user.roles };
        let access = self.tokens.issue(ctx, &session, of_token, lifetime).map_err(Error::internal)?;
        let audit = self.audit(Event::ImpersonationBegan).user(&user).session(&session.id).by(self.admin());
        let audit = audit.note(&reason).detail("session", session.id.as_str()).detail("minutes", minutes);
        let mut batch = batch![
            UserOp::Require { realm: realm.clone(), id: user.id.clone(), revision: user.revision },
            SessionOp::Insert(session.clone()),
            audit,
        ];
        if self.settings.admin.notifies {
            let recipient = Recipient::of(&profile).with("minutes", minutes.to_string());
            batch.push(self.message(MessageKind::Impersonated, &recipient, None)?.into());
        }
        let (kind, quota) = (LimitKind::Impersonations, self.settings.limits.impersonations);
        let limit = LimitKey::in_realm(&self.realms.admin()?.keys, kind, &[actor.as_bytes()]);
        let charge = self.charge(kind, limit, quota).await?;
        self.charged(charge, self.settle(batch, REVISION_STALE)).await?;
        tracing::info!(realm = %realm, user = %user.id, session = %session.id, "impersonation began");
        Ok(Impersonated { access, session: session.id })
    }
}

fn minutes_of(given: &RawField, errors: &mut FieldErrors) -> Option<u64> {
    let minutes = match given {
        RawField::Missing => Some(MINUTES),
        RawField::Json(RawJson(number)) => number.as_u64(),
        given => given.text().and_then(|text| text.parse().ok()),
    };
    let minutes = minutes.filter(|minutes| (1..=MAX_MINUTES).contains(minutes));
    if minutes.is_none() {
        errors.add(VALUE_INVALID.of("minutes"));
    }
    minutes
}
