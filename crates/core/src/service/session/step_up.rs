//! `me/step_up`: authenticates the user of a session again.

use std::time::Duration;

use super::{Sessions, step::SecondFactor};
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{MAX_AGE_INVALID, MFA_INVALID, MFA_NO_FACTOR},
    },
    factor::{Factors, TicketNote, TicketPurpose, passkey::PasskeyUse},
    id::SessionId,
    limit::LimitKind,
    port::{Batch, ChallengeOp, CommitError, Precondition, SessionOp, UserOp},
    seal::DataKey,
    service::{
        FieldErrors, Owner, RawField, RawJson,
        kernel::{ATTEMPTS, Challenged, FactorChallenge, OpenTicket, retry},
    },
    session::{Amr, Assurance, Session},
    token::{AccessToken, TokenUser},
};

/// What a session asks for, as it was received.
#[derive(Debug)]
pub struct StepUp<'a> {
    pub current_password: &'a RawField,
    pub second: SecondFactor<'a>,
    /// Classes of authentication, separated by spaces: the first that can be met.
    pub acr_values: &'a RawField,
    /// Age that the authentication may have, in seconds.
    pub max_age: &'a RawField,
}

/// Result of a renewed authentication.
#[derive(Debug)]
pub enum Stepped {
    Up(AccessToken),
    /// More is needed.
    Challenged(Challenged),
}

/// Renewed authentication of a session that is under way.
pub(super) struct Renewal {
    pub(super) session: SessionId,
    pub(super) assurance: Assurance,
    pub(super) renews: bool,
    /// What was proved before.
    pub(super) proved: Vec<Amr>,
}

/// What a renewed authentication lacks.
struct Missing {
    password: bool,
    factor: bool,
    /// A passkey or security key, instead of any factor.
    key: bool,
}

impl Sessions<'_> {
    /// Verifies what is given, and returns an access token of the same session whose authentication is recent and strong enough,
    /// or a ticket for what is missing.
    ///
    /// # Errors
    /// Returns `Invalid` if the age is malformed, `Forbidden` if the password is wrong, `BadLink` if the code is wrong,
    /// `Conflict` if the account cannot reach the class, `Limited` if a rate limit is reached, `Overloaded` if the hash queue
    /// is full, `BadToken` if the session ended in the meantime, and `Unavailable` if the store fails.
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
        let renews = self.ctx.now.since(session.auth_time) > max_age;
        let renewal = Renewal { session: session.id, assurance, renews, proved: Vec::new() };
        self.renew(&renewal, &new, (&user, &key), None, with).await
    }

    /// Renews the authentication of a session if enough is proved, or challenges for the rest; `None` if the account, the
    /// factor or the ticket changed in the meantime.
    ///
    /// # Errors
    /// Returns `BadToken` if the session has ended, `Limited` if a rate limit is reached, `Unavailable` if the store fails, and
    /// `Internal` if data cannot be decrypted or serialized.
    pub(super) async fn renew(
        &self,
        renewal: &Renewal,
        new: &[Amr],
        (user, key): (&User, &DataKey),
        ticket: Option<&OpenTicket>,
        with: Batch,
    ) -> Result<Option<Stepped>> {
        let session = self.session_of(&renewal.session).await?;
        let proved = Amr::union(&renewal.proved, new);
        let (has_password, has_factor) = (proved.contains(&Amr::Password), proved.contains(&Amr::Multi));
        // A passkey that has verified its user is both.
        let is_alone = proved.contains(&Amr::User);
        let needs_both = self.needs_two_steps(user.two_step);
        let is_renewed = is_alone || (has_password && (has_factor || !needs_both));
        let amr = Amr::union(&session.amr, &proved);
        if (renewal.renews && !is_renewed) || Assurance::of(&amr) < renewal.assurance {
            let missing = Missing {
                password: renewal.renews && !has_password,
                factor: ((renewal.renews && needs_both) || session.assurance() < renewal.assurance) && !has_factor,
                key: Assurance::of(&amr) < renewal.assurance && renewal.assurance == Assurance::PhishingResistant,
            };
            let challenges = self.missing((user, key), &missing).await?;
            return self.challenge_for(renewal, proved, (user, key), ticket, (with, challenges)).await;
        }
        let auth_time = if is_renewed { self.ctx.now } else { session.auth_time };
        let renewed = Session { auth_time, amr, ..session };
        let mut batch = self.held(user);
        batch.extend(with);
        batch.extend(ticket.map(|ticket| ticket.spend(self)));
        if !new.is_empty() {
            let audit = self.audit(Event::SteppedUp).user(user).session(&renewed.id);
            batch.extend(batch![SessionOp::Authenticate(renewed.clone()), audit]);
            if !self.commit_renewal(batch).await? {
                return Ok(None);
            }
            tracing::info!(realm = %self.realm.name, session = %renewed.id, "authenticated again");
        }
        let profile = user.envelope.open_profile(key)?;
        let ttl = self.realm.policy.access_token_ttl;
        let holder = TokenUser { email: &profile.email, roles: &user.roles };
        let access = self.tokens.issue(self.ctx, &renewed, holder, ttl).map_err(Error::internal)?;
        Ok(Some(Stepped::Up(access)))
    }

    /// Returns the challenges for what is missing.
    async fn missing(&self, (user, key): (&User, &DataKey), missing: &Missing) -> Result<Vec<FactorChallenge>> {
        let mut factors = self.accepted_factors(user, key).await?;
        let mut challenges = Vec::new();
        let logs_in = factors.passkeys_for(PasskeyUse::Login).next().is_some();
        if missing.password && user.envelope.open_password(key)?.is_some() {
            challenges.push(FactorChallenge::Password);
        } else if missing.password && !logs_in {
            return Ok(vec![FactorChallenge::Login]);
        }
        if missing.key || (missing.password && !missing.factor) {
            // No code helps: only a key is resistant to phishing, and only a passkey renews a login without the password.
            let helps = !factors.passkeys.is_empty() && (missing.key || logs_in);
            factors = Factors { passkeys: if helps { factors.passkeys } else { Vec::new() }, ..Factors::default() };
        } else if !missing.factor {
            factors = Factors::default();
        }
        challenges.extend(self.challenges_of((user, key), &factors)?);
        Ok(challenges)
    }

    /// Keeps what was proved in the ticket, or in a new one.
    async fn challenge_for(
        &self,
        renewal: &Renewal,
        proved: Vec<Amr>,
        (user, key): (&User, &DataKey),
        ticket: Option<&OpenTicket>,
        (with, challenges): (Batch, Vec<FactorChallenge>),
    ) -> Result<Option<Stepped>> {
        let Renewal { session, assurance, renews, .. } = renewal;
        let purpose = TicketPurpose::StepUp { session: session.clone(), assurance: *assurance, renews: *renews };
        let note = TicketNote { purpose, proved, password_set_at: user.password_set_at };
        let mut batch = self.held(user);
        batch.extend(with);
        let challenged = match ticket {
            Some(open) => {
                let (realm, id) = (open.ticket.realm.clone(), open.ticket.id);
                let note = note.seal(self.ctx, key, &open.ticket)?;
                batch.push(ChallengeOp::Annotate { realm, id, note, now: self.ctx.now }.into());
                if !self.commit_renewal(batch).await? {
                    return Ok(None);
                }
                self.challenged(&open.ticket, challenges)
            }
            None => {
                let (challenged, ticket) = self.new_ticket((user, key), &note, 0, challenges)?;
                batch.extend(ticket);
                if !self.count_enrolment(user, batch).await? {
                    return Ok(None);
                }
                challenged
            }
        };
        Ok(Some(Stepped::Challenged(challenged)))
    }

    fn held(&self, user: &User) -> Batch {
        batch![UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision }]
    }

    async fn commit_renewal(&self, batch: Batch) -> Result<bool> {
        let lost = [
            Precondition::UserRevision,
            Precondition::RecordRevision,
            Precondition::RecordFree,
            Precondition::ChallengeFresh,
        ];
        match self.commit_unless(batch, &lost).await {
            Err(CommitError::Failed(_)) => Err(ended()),
            done => Ok(done?),
        }
    }

    async fn session_of(&self, id: &SessionId) -> Result<Session> {
        let session = self.ports.store.session(&self.realm.name, id).await?;
        session.filter(|session| session.is_live(self.ctx.now)).ok_or_else(ended)
    }

    /// Returns the first requested class that the account can reach. If none is requested, returns the class that the account
    /// needs.
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

fn ended() -> Error {
    Error::bad_token().because("session ended")
}
