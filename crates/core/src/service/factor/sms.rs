//! `me/mfa/sms` and `mfa/challenge`: adds SMS as a second factor, and sends its codes.

use std::time::Duration;

use super::SecondFactors;
use crate::{
    account::User,
    batch,
    error::{
        Result,
        catalogue::{MFA_INVALID, MFA_STRONGER_FIRST, MFA_TOO_MANY, NOT_FOUND, PHONE_DISPUTED, PHONE_UNVERIFIED},
    },
    factor::{Factors, ListedFactor, Method, NewRecoveryCodes, SmsFactor, TicketPurpose},
    id::FactorId,
    limit::LimitKind,
    port::{RecordOp, UserOp},
    record::{Record, RecordKeys},
    service::{
        FieldErrors, FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, OpenTicket, retry},
    },
    session::Amr,
};

/// Result of adding SMS.
#[derive(Debug)]
pub struct AddedSms {
    pub factor: ListedFactor,
    /// Recovery codes created with the first factor.
    pub recovery_codes: Option<NewRecoveryCodes>,
}

impl SecondFactors<'_> {
    /// Adds the account's verified phone number as a second factor.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `NotFound` if the
    /// realm does not allow SMS, `Conflict` if the account has no verified number or no other factor, or SMS is
    /// already a factor, `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn add_sms(&self, owner: &Owner, current: &RawField) -> Result<AddedSms> {
        self.require_method(Method::Sms)?;
        let owner = self.fresh(owner, current).await?;
        retry(ATTEMPTS, "the account kept changing while SMS was added", |_| self.add_sms_once(owner)).await
    }

    async fn add_sms_once(&self, owner: FreshOwner<'_>) -> Result<Option<AddedSms>> {
        let (ctx, realm) = (self.ctx, &self.realm.name);
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let phone = user.envelope.open_profile(&key)?.phone;
        check_number(&user, phone.is_some(), &self.factors_of(&user, &key).await?)?;
        let sms = SmsFactor {
            id: FactorId::random(ctx.random()),
            user: user.id.clone(),
            code: None,
            since: user.revision + 1,
            created_at: ctx.now,
            last_used_at: None,
        };
        let factor = ListedFactor::sms(&sms, phone.as_ref());
        let current = Some(owner.session().clone());
        let added = self.addition((&user, &key), &factor, current).await?;
        let insert = RecordOp::Insert(sms.seal(ctx, realm, RecordKeys::Owner(&key)));
        let mut batch = batch![UserOp::Update(added.user), insert];
        batch.extend(added.with);
        if !self.count_enrolment(&user, batch).await? {
            return Ok(None);
        }
        tracing::info!(%realm, user = %user.id, "second factor added");
        Ok(Some(AddedSms { factor, recovery_codes: added.recovery_codes }))
    }

    /// Sends an SMS code to the holder of a ticket that accepts one. Returns the lifetime of the code.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are missing, `BadLink` if the ticket is not open or does not accept SMS codes,
    /// `NotFound` if the realm does not allow SMS, `Limited` if a rate limit is reached, and `Unavailable` if the
    /// store fails.
    pub async fn send_code(&self, ticket: &RawField, kind: &RawField) -> Result<Duration> {
        let has_sms = self.realm.policy.mfa_methods.contains(&Method::Sms);
        if !has_sms && self.relying_party().is_none() {
            return Err(NOT_FOUND.into());
        }
        let mut errors = FieldErrors::default();
        let both = errors.text("mfa_token", ticket).zip(errors.text("type", kind));
        let (ticket, kind) = errors.finish(both)?;
        if !has_sms {
            return Err(MFA_INVALID.into());
        }
        let send = |_| self.send_code_once(ticket, kind);
        let work = retry(ATTEMPTS, "the account kept changing while a code was sent", send);
        self.ask(LimitKind::Codes, self.settings.limits.codes_client, work).await
    }

    async fn send_code_once(&self, ticket: &str, kind: &str) -> Result<Option<Duration>> {
        let open = self.open_ticket(ticket).await?.filter(OpenTicket::has_tries).ok_or(MFA_INVALID)?;
        let factors = self.accepted_factors(&open.user, &open.key).await?;
        let sms = factors.sms.filter(|_| kind == Method::Sms.as_str()).ok_or(MFA_INVALID)?;
        if !self.needs_factor(&open).await? {
            return Err(MFA_INVALID.into());
        }
        self.send_factor_code((&open.user, &open.key), &sms).await
    }

    /// Returns whether the ticket can be completed with a second factor.
    async fn needs_factor(&self, open: &OpenTicket) -> Result<bool> {
        match &open.note.purpose {
            _ if open.note.proved.contains(&Amr::Multi) => Ok(false),
            TicketPurpose::Login => Ok(true),
            TicketPurpose::Enrolment => Ok(false),
            TicketPurpose::StepUp { session, assurance, renews, .. } => {
                let session = self.ports.store.session(&self.realm.name, session).await?.ok_or(MFA_INVALID)?;
                let needs_both = *renews && self.needs_two_steps(open.user.two_step);
                Ok(needs_both || session.assurance() < *assurance)
            }
        }
    }
}

/// Requires a verified phone number and another factor.
fn check_number(user: &User, has_number: bool, factors: &Factors) -> Result<()> {
    if has_number && user.phone_disputed {
        return Err(PHONE_DISPUTED.into());
    }
    if !has_number || user.phone_verified_at.is_none() {
        return Err(PHONE_UNVERIFIED.into());
    }
    if !factors.has_stronger_than_sms() {
        return Err(MFA_STRONGER_FIRST.into());
    }
    if factors.sms.is_some() { Err(MFA_TOO_MANY.into()) } else { Ok(()) }
}
