//! `me/step_up`: authenticates the user of a session again.

use std::time::Duration;

use super::{Sessions, renewal::Renewal, step::SecondFactor};
use crate::{
    account::User,
    error::{
        Result,
        catalogue::{MAX_AGE_INVALID, MFA_INVALID, MFA_NO_FACTOR},
    },
    factor::Factors,
    limit::LimitKind,
    port::Batch,
    service::{
        FieldErrors, Owner, RawField, RawJson,
        kernel::{ATTEMPTS, Challenged, RenewedCookie, retry},
    },
    session::{Amr, Assurance, Session},
    token::AccessToken,
};

/// Parameters of a step-up request as received.
#[derive(Debug)]
pub struct StepUp<'a> {
    pub current_password: &'a RawField,
    pub second: SecondFactor<'a>,
    /// Authentication context classes, separated by spaces, in order of preference.
    pub acr_values: &'a RawField,
    /// Maximum age of the authentication, in seconds.
    pub max_age: &'a RawField,
}

/// Result of a re-authentication.
#[derive(Debug)]
pub enum Stepped {
    Up(SteppedUp),
    /// Another factor is required.
    Challenged(Challenged),
}

/// A re-authenticated session.
#[derive(Debug)]
pub struct SteppedUp {
    pub access: AccessToken,
    /// New cookie value of a browser session, if a factor was verified. The access token must then not be returned.
    pub cookie: Option<RenewedCookie>,
}

impl Sessions<'_> {
    /// Verifies the given factors. Returns an access token of the same session with a recent and sufficiently strong
    /// authentication, or a ticket for the missing factors.
    ///
    /// # Errors
    /// Returns `Invalid` if the age is malformed, `Forbidden` if the password is wrong, `BadLink` if the code is
    /// wrong, `Conflict` if the account cannot reach the class, `Limited` if a rate limit is reached, `Overloaded` if
    /// the hash queue is full, `BadToken` if the session ended in the meantime, and `Unavailable` if the store fails.
    pub async fn step_up(&self, owner: &Owner, asked: &StepUp<'_>) -> Result<Stepped> {
        let max_age = self.max_age(asked.max_age)?;
        let mut proved = Vec::new();
        if !matches!(asked.current_password, RawField::Missing) {
            self.verify_current_password(owner, asked.current_password).await?;
            proved.push(Amr::Password);
        }
        let typed = asked.second.typed();
        let client = match typed {
            Some(_) => Some(self.charge_client(LimitKind::Factors, self.settings.limits.factors_client).await?),
            None => None,
        };
        if typed.is_some() {
            self.count_factor_try(&self.user_of(owner).await?, None, Batch::new()).await?;
        }
        let work = |_| self.step_up_once(owner, asked, max_age, &proved);
        let stepped =
            retry(ATTEMPTS, "the account kept changing while a session was authenticated again", work).await?;
        if let Some(client) = client {
            self.refund(client).await;
        }
        Ok(stepped)
    }

    async fn step_up_once(
        &self,
        owner: &Owner,
        asked: &StepUp<'_>,
        max_age: Duration,
        proved: &[Amr],
    ) -> Result<Option<Stepped>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let session = self.session_of(owner.session()).await?;
        let factors = self.accepted_factors(&user, &key).await?;
        let assurance = self.wanted(asked.acr_values, &user, &session, &factors)?;
        let (mut new, mut with) = (proved.to_vec(), Batch::new());
        if let Some(typed) = asked.second.typed() {
            let used = match &typed {
                Some(code) => self.use_code((&user, &key), &factors, code).await?,
                None => None,
            };
            let Some(used) = used else {
                self.note_wrong_factor((&user, &key), None, false).await?;
                return Err(MFA_INVALID.into());
            };
            new = Amr::union(&new, &used.amr);
            with.extend(used.with);
            with.extend(self.forget_factor_tries(&user, None));
        }
        // Zero requires a new authentication, also within the millisecond of the last one.
        let renews = max_age.is_zero() || self.ctx.now.since(session.auth_time) > max_age;
        let scopes = owner.scopes().cloned();
        let renewal = Renewal { session: session.id, assurance, renews, scopes, proved: Vec::new() };
        self.renew(&renewal, &new, (&user, &key), None, with).await
    }

    /// Returns the first requested class that can be reached. Without a requested class, returns the one that the
    /// account needs.
    fn wanted(&self, asked: &RawField, user: &User, session: &Session, factors: &Factors) -> Result<Assurance> {
        let usual = if self.needs_two_steps(user.two_step) { Assurance::TwoFactors } else { Assurance::OneFactor };
        let is_reachable = |assurance: &Assurance| {
            let has_factor = match assurance {
                Assurance::PhishingResistant => !factors.passkeys.is_empty(),
                Assurance::OneFactor | Assurance::TwoFactors => !factors.is_empty(),
            };
            has_factor || session.assurance() >= *assurance
        };
        let wanted = match asked.text().filter(|text| !text.trim().is_empty()) {
            Some(text) => text.split_whitespace().filter_map(Assurance::parse).find(is_reachable),
            None => Some(usual).filter(is_reachable),
        };
        wanted.ok_or_else(|| MFA_NO_FACTOR.into())
    }

    fn max_age(&self, asked: &RawField) -> Result<Duration> {
        let seconds = match asked {
            RawField::Missing => return Ok(self.realm.policy.fresh_auth_age),
            RawField::Json(RawJson(value)) => value.as_u64(),
            other => other.text().and_then(|text| text.parse().ok()),
        };
        let mut errors = FieldErrors::default();
        if seconds.is_none() {
            errors.add(MAX_AGE_INVALID.of("max_age"));
        }
        errors.finish(seconds.map(Duration::from_secs))
    }
}
