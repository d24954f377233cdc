//! Tickets: proof that the first step of a login succeeded, or that a session is being re-authenticated.

use std::time::Duration;

use super::Scope;
use crate::{
    account::User,
    audit::Event,
    error::Result,
    factor::{Factors, Method, TicketNote, TicketPurpose},
    id::OutboxId,
    link::{Challenge, LinkAction, LinkToken, PresentedToken, Purpose},
    message::{Delivered, MailboxChannel},
    port::{Batch, ChallengeOp, Op},
    seal::DataKey,
};

/// Maximum total number of failed attempts per ticket.
const TRIES: u32 = 5;

/// Methods that can complete a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorChallenge {
    Password,
    /// A passkey or security key.
    Passkey,
    Totp,
    /// SMS to the phone number with these last digits.
    Sms(String),
    RecoveryCode,
    /// Adding a first factor by one of these methods.
    Enroll(Vec<Method>),
    /// Logging in again, which creates another session.
    Login,
}

/// Issued ticket with the methods that can complete it.
#[derive(Debug)]
pub struct Challenged {
    pub ticket: LinkToken,
    pub expires_in: Duration,
    pub challenges: Vec<FactorChallenge>,
}

/// An open ticket and its user.
pub(in crate::service) struct OpenTicket {
    pub(in crate::service) ticket: Challenge,
    pub(in crate::service) note: TicketNote,
    pub(in crate::service) user: User,
    pub(in crate::service) key: DataKey,
}

impl OpenTicket {
    /// Returns the operation that counts an attempt.
    pub(in crate::service) fn count(&self, scope: &Scope<'_>) -> Op {
        let (realm, id) = (self.ticket.realm.clone(), self.ticket.id);
        ChallengeOp::Try { realm, id, now: scope.ctx.now, limit: TRIES }.into()
    }

    /// Returns whether another attempt is allowed.
    pub(in crate::service) const fn has_tries(&self) -> bool {
        self.ticket.tries < TRIES
    }

    /// Returns the operation that marks it as used.
    pub(in crate::service) fn spend(&self, scope: &Scope<'_>) -> Op {
        ChallengeOp::Spend { realm: self.ticket.realm.clone(), id: self.ticket.id, now: scope.ctx.now }.into()
    }
}

impl Scope<'_> {
    /// Creates a ticket for a user, with its operations.
    ///
    /// # Errors
    /// Returns `Internal` if the note cannot be serialized.
    pub(in crate::service) fn new_ticket(
        &self,
        (user, key): (&User, &DataKey),
        note: &TicketNote,
        tries: u32,
        challenges: Vec<FactorChallenge>,
    ) -> Result<(Challenged, Batch)> {
        let ttl = self.realm.policy.mfa_ttl;
        let ticket = Challenge::beginning(self.ctx, &self.realm.name, Purpose::Ticket, &user.id, ttl);
        let ticket = Challenge { tries, note: Some(note.seal(self.ctx, key, &ticket)?), ..ticket };
        let audit = self.audit(Event::MfaChallenged).user(user);
        let audit = match &note.purpose {
            TicketPurpose::StepUp { session, .. } => audit.session(session),
            TicketPurpose::Login | TicketPurpose::Enrolment => audit,
        };
        let challenged = self.challenged(&ticket, challenges);
        Ok((challenged, vec![ChallengeOp::Insert(ticket).into(), audit.into()]))
    }

    /// Returns a ticket for the response.
    pub(in crate::service) fn challenged(&self, ticket: &Challenge, challenges: Vec<FactorChallenge>) -> Challenged {
        Challenged {
            ticket: LinkToken::derive(&self.realm.keys, LinkAction::Ticket, ticket),
            expires_in: ticket.expires_at.since(self.ctx.now),
            challenges,
        }
    }

    /// Reads a ticket. Returns `None` if it is not open: forged, used, expired, older than the password, or without
    /// remaining attempts.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if its note cannot be decrypted.
    pub(in crate::service) async fn open_ticket(&self, token: &str) -> Result<Option<OpenTicket>> {
        let Some(presented) = PresentedToken::parse(token) else { return Ok(None) };
        let found = self.ports.store.challenge(&self.realm.name, presented.challenge).await?;
        let is_open = |ticket: &Challenge| {
            ticket.purpose == Purpose::Ticket
                && presented.proves(&self.realm.keys, LinkAction::Ticket, ticket)
                && ticket.is_valid(self.ctx.now)
        };
        let Some(ticket) = found.filter(is_open) else { return Ok(None) };
        let Some(user) = self.ports.store.user(&self.realm.name, &ticket.subject).await? else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let note = TicketNote::open(&key, &ticket)?;
        let is_current = note.password_set_at == user.password_set_at && !user.compromised;
        Ok(is_current.then_some(OpenTicket { ticket, note, user, key }))
    }

    /// Returns the challenges of these factors, strongest first.
    ///
    /// # Errors
    /// Returns `Internal` if the profile of the user cannot be decrypted.
    pub(in crate::service) fn challenges_of(
        &self,
        (user, key): (&User, &DataKey),
        factors: &Factors,
    ) -> Result<Vec<FactorChallenge>> {
        let mut challenges = Vec::new();
        if !factors.passkeys.is_empty() {
            challenges.push(FactorChallenge::Passkey);
        }
        if !factors.totp.is_empty() {
            challenges.push(FactorChallenge::Totp);
            self.show_codes((user, key), factors)?;
        }
        if factors.sms.is_some() {
            let phone = user.envelope.open_profile(key)?.phone;
            challenges.push(FactorChallenge::Sms(phone.map(|phone| phone.masked()).unwrap_or_default()));
        }
        if factors.recovery.is_some() {
            challenges.push(FactorChallenge::RecoveryCode);
        }
        Ok(challenges)
    }

    /// Shows the expected codes in the development mailbox, if there is one.
    fn show_codes(&self, (user, key): (&User, &DataKey), factors: &Factors) -> Result<()> {
        let Some(mailbox) = &self.ports.mailbox else { return Ok(()) };
        let to = user.envelope.open_profile(key)?.email;
        for held in &factors.totp {
            let Some(code) = held.noun.secret.unused_code(self.ctx.now, held.noun.last_step) else { continue };
            let code = code.to_string();
            mailbox.keep(Delivered {
                id: OutboxId::random(self.ctx.random()).as_str().to_owned(),
                channel: MailboxChannel::Totp,
                to: to.as_str().to_owned(),
                subject: format!("Code of {}", held.noun.name.as_str()),
                text: format!("Enter {code}: a code of the authenticator app that was not used yet. It is shown in development only."),
                html: String::new(),
                links: Vec::new(),
                code: Some(code),
                created_at: self.ctx.now,
                withheld: None,
            });
        }
        Ok(())
    }

    /// Returns the methods available for a first factor.
    pub(in crate::service) fn first_methods(&self) -> Vec<Method> {
        let first = [Method::Passkey, Method::Totp];
        first.into_iter().filter(|method| self.realm.policy.mfa_methods.contains(method)).collect()
    }
}
