//! Re-authentication of a session: its requirements, and the commit that updates the session.

use super::{
    Sessions,
    step_up::{Stepped, SteppedUp},
};
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{Error, Result},
    factor::{Factors, TicketNote, TicketPurpose, passkey::PasskeyUse},
    id::SessionId,
    oauth::Scopes,
    port::{Batch, ChallengeOp, CommitError, Precondition, SessionOp, UserOp},
    seal::DataKey,
    service::kernel::{FactorChallenge, OpenTicket},
    session::{Amr, Assurance, Session, SessionGrant},
    token::{AccessToken, TokenUser},
};

/// Re-authentication in progress.
pub(super) struct Renewal {
    pub(super) session: SessionId,
    pub(super) assurance: Assurance,
    pub(super) renews: bool,
    /// Scopes of the token that started it, if a client has it.
    pub(super) scopes: Option<Scopes>,
    /// Factors verified so far.
    pub(super) proved: Vec<Amr>,
}

/// Missing factors of a re-authentication.
struct Missing {
    password: bool,
    factor: bool,
    /// A passkey or security key is required instead of any factor.
    key: bool,
}

impl Sessions<'_> {
    /// Renews the authentication of a session if the verified factors are sufficient, or issues a challenge for the
    /// rest. Returns `None` if the account, the factor or the ticket changed in the meantime.
    ///
    /// # Errors
    /// Returns `BadToken` if the session has ended, `Limited` if a rate limit is reached, `Unavailable` if the store
    /// fails, and `Internal` if data cannot be decrypted or serialized.
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
        // A passkey with user verification provides both factors.
        let is_alone = proved.contains(&Amr::User);
        let needs_both = self.needs_two_steps(user.two_step);
        let is_renewed = is_alone || (has_password && (has_factor || !needs_both));
        // A new authentication says only what was proved in it, not what was proved long ago. One that was not needed,
        // and is weaker than that of the session, does not count as new.
        let is_new = is_renewed && (renewal.renews || Assurance::of(&proved) >= session.assurance());
        let amr = if is_new || renewal.renews { proved.clone() } else { Amr::union(&session.amr, &proved) };
        if (renewal.renews && !is_renewed) || Assurance::of(&amr) < renewal.assurance {
            let missing = Missing {
                password: renewal.renews && !has_password,
                factor: ((renewal.renews && needs_both) || Assurance::of(&amr) < renewal.assurance) && !has_factor,
                key: Assurance::of(&amr) < renewal.assurance && renewal.assurance == Assurance::PhishingResistant,
            };
            let challenges = self.missing((user, key), &missing).await?;
            return self.challenge_for(renewal, proved, (user, key), ticket, (with, challenges)).await;
        }
        let auth_time = if is_new { self.ctx.now } else { session.auth_time };
        let renewed = Session { auth_time, amr, ..session };
        let mut batch = self.held(user);
        batch.extend(with);
        batch.extend(ticket.map(|ticket| ticket.spend(self)));
        let mut cookie = None;
        if !new.is_empty() {
            // Part of the same commit, because the previous cookie value must not be valid for a session that has
            // just authenticated.
            if let Some((rotation, new)) = self.renewed_cookie(&renewed) {
                batch.push(rotation.into());
                cookie = Some(new);
            }
            let audit = self.audit(Event::SteppedUp).user(user).session(&renewed.id);
            batch.extend(batch![SessionOp::Authenticate(renewed.clone()), audit]);
            if !self.commit_renewal(batch).await? {
                return Ok(None);
            }
            tracing::info!(realm = %self.realm.name, session = %renewed.id, "authenticated again");
        }
        let access = self.access_of(&renewed, renewal.scopes.as_ref(), (user, key)).await?;
        Ok(Some(Stepped::Up(SteppedUp { access, cookie })))
    }

    /// Creates an access token for a session: a client's if the session belongs to a client, otherwise the server's. A
    /// client's token has no scope that the token before did not have.
    async fn access_of(
        &self,
        session: &Session,
        before: Option<&Scopes>,
        (user, key): (&User, &DataKey),
    ) -> Result<AccessToken> {
        let ttl = self.realm.policy.access_token_ttl;
        if session.grant.is_none() {
            let profile = user.envelope.open_profile(key)?;
            let holder = TokenUser { email: &profile.email, roles: &user.roles };
            return self.tokens.issue(self.ctx, session, holder, ttl).map_err(Error::internal);
        }
        let (client, grant) = self.granted(session).await?.ok_or_else(ended)?;
        let scopes = before.map_or_else(|| grant.scopes.clone(), |before| grant.scopes.within(before));
        let grant = SessionGrant { scopes, ..grant };
        let (account, algorithm) = (self.account_of(user).await?, self.realm.policy.openid.algorithm_of(&client));
        let roles = if client.first_party { account.roles.as_slice() } else { &[] };
        let issued = self.tokens.issue_for_client(self.ctx, (session, &grant), &account, (algorithm, roles, ttl));
        issued.map_err(Error::internal)
    }

    /// Returns the challenges for the missing factors.
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
            // A code does not help: only a key is resistant to phishing, and only a passkey renews a login without
            // the password.
            let helps = !factors.passkeys.is_empty() && (missing.key || logs_in);
            factors = Factors { passkeys: if helps { factors.passkeys } else { Vec::new() }, ..Factors::default() };
        } else if !missing.factor {
            factors = Factors::default();
        }
        challenges.extend(self.challenges_of((user, key), &factors)?);
        Ok(challenges)
    }

    /// Stores the verified factors in the ticket or in a new one.
    async fn challenge_for(
        &self,
        renewal: &Renewal,
        proved: Vec<Amr>,
        (user, key): (&User, &DataKey),
        ticket: Option<&OpenTicket>,
        (with, challenges): (Batch, Vec<FactorChallenge>),
    ) -> Result<Option<Stepped>> {
        let (session, scopes) = (renewal.session.clone(), renewal.scopes.clone());
        let purpose = TicketPurpose::StepUp { session, assurance: renewal.assurance, renews: renewal.renews, scopes };
        let note = TicketNote { purpose, proved, identity: None, password_set_at: user.password_set_at };
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

    pub(super) async fn session_of(&self, id: &SessionId) -> Result<Session> {
        let session = self.ports.store.session(&self.realm.name, id).await?;
        session.filter(|session| session.is_live(self.ctx.now)).ok_or_else(ended)
    }
}

fn ended() -> Error {
    Error::bad_token().because("session ended")
}
