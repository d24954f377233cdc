//! `token` with `grant_type=urn:portcullis:mfa`: completes a login or re-authentication with a ticket and a second
//! factor.

use super::{
    LoggedIn, Sessions,
    prove::OpenedUser,
    renewal::Renewal,
    step::{Passed, SecondFactor},
    step_up::{Stepped, SteppedUp},
};
use crate::{
    error::{
        Result,
        catalogue::{MFA_INCOMPLETE, MFA_REFUSED},
    },
    factor::TicketPurpose,
    limit::LimitKind,
    port::{Batch, Op, Precondition, UserOp},
    service::{
        RawField,
        kernel::{ATTEMPTS, Challenged, OpenTicket, UsedFactor, retry},
    },
    session::{Amr, Openers, device::KnownDevice},
};

/// Ticket with a second factor, as received.
#[derive(Debug)]
pub struct Completion<'a> {
    pub ticket: &'a RawField,
    pub second: SecondFactor<'a>,
    /// Response of a passkey or security key to the challenge of the ticket.
    pub passkey: &'a RawField,
    /// Password, for a re-authentication.
    pub password: &'a RawField,
    /// Device identifiers sent by the client. One may match a known device of the account.
    pub devices: &'a [RawField],
}

/// Result of a completion.
#[derive(Debug)]
pub enum Completed {
    LoggedIn(LoggedIn),
    SteppedUp(SteppedUp),
    /// The factor is correct but not sufficient.
    Challenged(Challenged),
}

/// A verified factor.
struct Proved {
    amr: Vec<Amr>,
    used: Option<UsedFactor>,
}

impl Sessions<'_> {
    /// Completes the operation that the ticket was issued for.
    ///
    /// # Errors
    /// Returns `Malformed` unless there is exactly one factor, without counting an attempt, `Refused` if the ticket
    /// or the factor is invalid for any reason, `Limited` if a rate limit is reached, and `Unavailable` if the store
    /// fails.
    pub async fn complete(&self, completion: &Completion<'_>) -> Result<Completed> {
        let has_password = !matches!(completion.password, RawField::Missing);
        let has_passkey = !matches!(completion.passkey, RawField::Missing);
        let proofs = [completion.second.typed().is_some(), has_passkey, has_password];
        let has_one = proofs.into_iter().filter(|is_given| *is_given).count() == 1;
        let Some(ticket) = completion.ticket.text().filter(|_| has_one) else {
            return Err(MFA_INCOMPLETE.into());
        };
        let client = self.charge_client(LimitKind::Factors, self.settings.limits.factors_client).await?;
        let result = self.complete_charged(ticket, completion, has_password).await;
        let is_right = result.is_ok();
        if is_right || result.as_ref().is_err_and(|error| error.kind().is_ours()) {
            self.refund(client).await;
        }
        result
    }

    /// Returns whether a ticket can still be completed. Used by the page that asks for its code.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub async fn is_open(&self, ticket: &str) -> Result<bool> {
        Ok(self.open_ticket(ticket).await?.is_some_and(|open| open.has_tries()))
    }

    async fn complete_charged(
        &self,
        ticket: &str,
        completion: &Completion<'_>,
        has_password: bool,
    ) -> Result<Completed> {
        let opened = self.open_ticket(ticket).await?.ok_or(MFA_REFUSED)?;
        let is_step_up = matches!(opened.note.purpose, TicketPurpose::StepUp { .. });
        if has_password && !is_step_up {
            return Err(MFA_INCOMPLETE.into());
        }
        if opened.note.purpose == TicketPurpose::Enrolment {
            return Err(MFA_REFUSED.into());
        }
        let known = self.known_device(&opened.user, completion.devices);
        // The attempt is counted before it is evaluated, so that concurrent guesses do not get more attempts.
        let counted: Batch = vec![opened.count(self)];
        let is_open = if has_password {
            self.commit_unless(counted, &[Precondition::ChallengeFresh]).await?
        } else {
            self.count_factor_try(&opened.user, known.as_ref(), counted).await?
        };
        if !is_open {
            return Err(MFA_REFUSED.into());
        }
        let is_password_right =
            if has_password { self.is_password_of(&opened, completion.password).await? } else { false };
        retry(ATTEMPTS, "the account kept changing while a ticket was completed", |_| {
            self.complete_once(ticket, completion, known.as_ref(), has_password.then_some(is_password_right))
        })
        .await
    }

    /// Completes a ticket; `None` if the account or the factor changed in the meantime.
    async fn complete_once(
        &self,
        ticket: &str,
        completion: &Completion<'_>,
        known: Option<&KnownDevice>,
        password: Option<bool>,
    ) -> Result<Option<Completed>> {
        let opened = self.open_ticket(ticket).await?.ok_or(MFA_REFUSED)?;
        let Some(proved) = self.proved(&opened, completion, password).await? else {
            let is_login = opened.note.purpose == TicketPurpose::Login;
            if password.is_none() {
                self.note_wrong_factor((&opened.user, &opened.key), known, is_login).await?;
            }
            return Err(MFA_REFUSED.into());
        };
        match opened.note.purpose.clone() {
            TicketPurpose::StepUp { session, assurance, renews, scopes } => {
                let renewal = Renewal { session, assurance, renews, scopes, proved: opened.note.proved.clone() };
                let mut with = proved.used.map(|used| used.with).unwrap_or_default();
                if password.is_none() {
                    with.extend(self.forget_factor_tries(&opened.user, known));
                }
                let stepped =
                    self.renew(&renewal, &proved.amr, (&opened.user, &opened.key), Some(&opened), with).await?;
                Ok(stepped.map(|stepped| match stepped {
                    Stepped::Up(up) => Completed::SteppedUp(up),
                    Stepped::Challenged(challenged) => Completed::Challenged(challenged),
                }))
            }
            TicketPurpose::Login | TicketPurpose::Enrolment => {
                self.enter_by_ticket(opened, proved, completion, known).await
            }
        }
    }

    async fn enter_by_ticket(
        &self,
        opened: OpenTicket,
        proved: Proved,
        completion: &Completion<'_>,
        known: Option<&KnownDevice>,
    ) -> Result<Option<Completed>> {
        let spend = opened.spend(self);
        let device = known.cloned().unwrap_or_else(|| KnownDevice::new(self.ctx));
        let amr = Amr::union(&opened.note.proved, &proved.amr);
        let passkey = proved.used.as_ref().and_then(|used| used.passkey.clone());
        let opened_by = Openers { identity: opened.note.identity.clone(), passkey };
        let owner = OpenedUser::open(self.realm, opened.user)?;
        let Some(used) = proved.used else { return Err(MFA_REFUSED.into()) };
        let remembered = Some(&device).filter(|_| completion.second.remembers());
        let mut with = self.passed_with(&owner, used, known, remembered).await?;
        with.push(spend);
        let passed = Passed { owner, amr, opened_by, with };
        let user = &passed.owner.user;
        let held: Op =
            UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision }.into();
        let Some(tokens) = self.open(&passed, held, known.is_some()).await? else { return Ok(None) };
        let device = self.device_value(&device, &passed.owner.user, completion.devices);
        Ok(Some(Completed::LoggedIn(LoggedIn { tokens, device })))
    }

    /// Verifies the factor. Returns `None` if it is wrong.
    async fn proved(
        &self,
        opened: &OpenTicket,
        completion: &Completion<'_>,
        password: Option<bool>,
    ) -> Result<Option<Proved>> {
        if let Some(is_right) = password {
            return Ok(is_right.then(|| Proved { amr: vec![Amr::Password], used: None }));
        }
        let factors = self.accepted_factors(&opened.user, &opened.key).await?;
        if !matches!(completion.passkey, RawField::Missing) {
            let used = self.use_passkey(opened, &factors, completion.passkey).await?;
            return Ok(used.map(|used| Proved { amr: used.amr.clone(), used: Some(used) }));
        }
        let Some(Some(code)) = completion.second.typed() else { return Ok(None) };
        let used = self.use_code((&opened.user, &opened.key), &factors, &code).await?;
        Ok(used.map(|used| Proved { amr: used.amr.clone(), used: Some(used) }))
    }

    /// Verifies the password of the user of a ticket. A wrong password is counted like a failed login.
    async fn is_password_of(&self, opened: &OpenTicket, password: &RawField) -> Result<bool> {
        let typed = password.text().unwrap_or_default();
        Ok(self.verify_password_of((&opened.user, &opened.key), typed).await?.is_some())
    }
}
