//! Second stage of a login: decides whether the verified factors are sufficient to create a session.

use super::{Sessions, prove::OpenedUser};
use crate::{
    account::User,
    audit::Event,
    batch,
    error::Result,
    factor::{FactorCode, Factors, Held, Method, TicketNote, TicketPurpose, TrustedDevice},
    id::FactorId,
    limit::LimitKind,
    port::{Batch, Op, Precondition, RecordOp},
    record::{Record, RecordKeys},
    seal::DataKey,
    service::{
        RawField,
        kernel::{Challenged, FactorChallenge, UsedFactor},
    },
    session::{Amr, Openers, SessionClient, device::KnownDevice},
};

/// Minimum interval between recorded uses of a trusted device.
const USE_RECORDED_AFTER: std::time::Duration = std::time::Duration::from_secs(60);

/// Second-factor fields of a request.
#[derive(Debug, Clone, Copy)]
pub struct SecondFactor<'a> {
    pub code: &'a RawField,
    /// Kind of the code, if given.
    pub kind: &'a RawField,
    /// Whether to trust the device from now on.
    pub remember: &'a RawField,
}

impl SecondFactor<'_> {
    /// Returns whether the request contains a code.
    pub(in crate::service) const fn is_given(&self) -> bool {
        !matches!(self.code, RawField::Missing)
    }

    /// Returns the code if the request contains one. The inner `None` means that it cannot be a code.
    pub(super) fn typed(&self) -> Option<Option<FactorCode>> {
        match self.code {
            RawField::Missing => None,
            code => Some(code.text().and_then(|raw| match self.kind {
                RawField::Missing => FactorCode::parse(raw, None),
                kind => FactorCode::parse(raw, Some(kind.text()?)),
            })),
        }
    }

    /// Returns whether to trust the device.
    pub(super) fn remembers(&self) -> bool {
        match self.remember {
            RawField::Text(_) => self.remember.text() == Some("true"),
            RawField::Json(json) => json.0 == serde_json::Value::Bool(true),
            RawField::Missing | RawField::NotText => false,
        }
    }
}

/// Login that may create a session. Only [`Sessions::step`] and related functions create one.
pub(in crate::service) struct Passed {
    pub(in crate::service) owner: OpenedUser,
    pub(in crate::service) amr: Vec<Amr>,
    /// Passkey and identity used for the login, if any.
    pub(in crate::service) opened_by: Openers,
    /// Operations to commit with the session.
    pub(in crate::service) with: Batch,
}

impl Passed {
    /// Returns the name of the first method, for the audit trail and the statistics.
    pub(super) fn method(&self) -> &'static str {
        if self.amr.contains(&Amr::Password) {
            "password"
        } else if self.amr.contains(&Amr::Federated) {
            "provider"
        } else if self.amr.contains(&Amr::HardwareKey) || self.amr.contains(&Amr::SoftwareKey) {
            "passkey"
        } else {
            "code"
        }
    }
}

/// Result of the first stage.
#[derive(Debug, Clone)]
pub(in crate::service) struct FirstProof {
    pub(in crate::service) amr: Amr,
    /// Identity at another provider that was used.
    pub(in crate::service) identity: Option<FactorId>,
}

impl FirstProof {
    /// A correct password.
    pub(super) const PASSWORD: Self = Self { amr: Amr::Password, identity: None };

    /// Returns the login proved by this and by a second factor, if one was used.
    fn passed(self, owner: OpenedUser, second: &[Amr], with: Batch) -> Passed {
        Passed {
            owner,
            amr: Amr::union(&[self.amr], second),
            opened_by: Openers { identity: self.identity, passkey: None },
            with,
        }
    }
}

/// Result of the second stage.
pub(super) enum Step {
    Passed(Box<Passed>),
    /// Another factor is required. Contains the ticket and the operations that create it.
    Challenged(Challenged, Batch),
}

impl Sessions<'_> {
    /// Decides whether a proved identity may create a session: always if two-step verification is off, otherwise with
    /// the code of a factor or a trusted device.
    ///
    /// # Errors
    /// Returns `Limited` after too many failed attempts, `Unavailable` if the store fails, and `Internal` if data
    /// cannot be decrypted or serialized.
    pub(super) async fn step(
        &self,
        owner: OpenedUser,
        first: FirstProof,
        second: SecondFactor<'_>,
        device: Option<&KnownDevice>,
        presented: bool,
    ) -> Result<Step> {
        if !self.needs_two_steps(owner.user.two_step) {
            return Ok(Step::Passed(Box::new(first.passed(owner, &[], Batch::new()))));
        }
        let subject = (&owner.user, &owner.key);
        let factors = self.accepted_factors(&owner.user, &owner.key).await?;
        let known = device.filter(|_| presented);
        let mut tries = 0;
        if let Some(typed) = second.typed() {
            tries = 1;
            if let Some(used) = self.try_code(subject, &factors, typed.as_ref(), known).await? {
                let remembered = device.filter(|_| second.remembers());
                let amr = used.amr.clone();
                let with = self.passed_with(&owner, used, known, remembered).await?;
                return Ok(Step::Passed(Box::new(first.passed(owner, &amr, with))));
            }
            self.note_wrong_factor(subject, known, true).await?;
        } else if let Some(with) = self.trusted(&owner, known).await? {
            return Ok(Step::Passed(Box::new(first.passed(owner, &[], with))));
        }
        let (challenged, batch) = self.challenge(&owner, &factors, first, tries)?;
        Ok(Step::Challenged(challenged, batch))
    }

    /// Verifies a code sent together with the password. Returns `None` if it is wrong. A wrong code is counted for
    /// the account and for the client.
    async fn try_code(
        &self,
        subject: (&User, &DataKey),
        factors: &Factors,
        typed: Option<&FactorCode>,
        known: Option<&KnownDevice>,
    ) -> Result<Option<UsedFactor>> {
        let client = self.charge_client(LimitKind::Factors, self.settings.limits.factors_client).await?;
        let evaluated = async {
            self.count_factor_try(subject.0, known, Batch::new()).await?;
            match typed {
                Some(code) => self.use_code(subject, factors, code).await,
                None => Ok(None),
            }
        };
        let evaluated = evaluated.await;
        if matches!(evaluated, Ok(Some(_))) || evaluated.as_ref().is_err_and(|error| error.kind().is_ours()) {
            self.refund(client).await;
        }
        evaluated
    }

    fn challenge(
        &self,
        owner: &OpenedUser,
        factors: &Factors,
        first: FirstProof,
        tries: u32,
    ) -> Result<(Challenged, Batch)> {
        let subject = (&owner.user, &owner.key);
        let (purpose, challenges) = if factors.is_empty() && !owner.user.two_step {
            (TicketPurpose::Enrolment, vec![FactorChallenge::Enroll(self.first_methods())])
        } else {
            (TicketPurpose::Login, self.challenges_of(subject, factors)?)
        };
        let (proved, password_set_at) = (vec![first.amr], owner.user.password_set_at);
        let note = TicketNote { purpose, proved, identity: first.identity, password_set_at };
        self.new_ticket(subject, &note, tries, challenges)
    }

    /// Returns the operations of a verified factor: marking it as used, resetting the failed attempts, and trusting
    /// the device.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(super) async fn passed_with(
        &self,
        owner: &OpenedUser,
        used: UsedFactor,
        known: Option<&KnownDevice>,
        remembered: Option<&KnownDevice>,
    ) -> Result<Batch> {
        let mut with = used.with;
        with.extend(self.forget_factor_tries(&owner.user, known));
        with.push(self.audit(Event::MfaPassed).user(&owner.user).detail("method", used.method.as_str()).into());
        // A recovery code means that a factor was lost, possibly together with its device.
        if let Some(device) = remembered.filter(|_| used.method != Method::RecoveryCode) {
            with.extend(self.trust(owner, device).await?);
        }
        Ok(with)
    }

    /// Returns the operations that trust a device from now on.
    async fn trust(&self, owner: &OpenedUser, device: &KnownDevice) -> Result<Batch> {
        let (ctx, realm, user) = (self.ctx, self.realm, &owner.user);
        if realm.policy.mfa_remember.is_zero() {
            return Ok(Batch::new());
        }
        let trusted = TrustedDevice {
            id: TrustedDevice::id_of(&user.id, device),
            user: user.id.clone(),
            client: SessionClient::from(&ctx.client),
            created_at: ctx.now,
            last_used_at: ctx.now,
            expires_at: ctx.now.plus(realm.policy.mfa_remember),
        };
        let put: Op = match self.ports.store.record(&realm.name, TrustedDevice::KIND, &trusted.id).await? {
            Some(row) => Held::open(row, &owner.key)?.replace(ctx, &owner.key, &trusted).into(),
            None => RecordOp::Insert(trusted.seal(ctx, &realm.name, RecordKeys::Owner(&owner.key))).into(),
        };
        Ok(vec![put, self.audit(Event::DeviceTrusted).user(user).into()])
    }

    /// Returns the operations of a login with a trusted device, or `None` if the device is not trusted.
    async fn trusted(&self, owner: &OpenedUser, device: Option<&KnownDevice>) -> Result<Option<Batch>> {
        let (ctx, realm) = (self.ctx, &self.realm.name);
        let Some(device) = device.filter(|_| !self.realm.policy.mfa_remember.is_zero()) else { return Ok(None) };
        let id = TrustedDevice::id_of(&owner.user.id, device);
        let Some(row) = self.ports.store.record(realm, TrustedDevice::KIND, &id).await? else { return Ok(None) };
        let revision = row.revision;
        let held = Held::<TrustedDevice>::open(row, &owner.key)?;
        if !held.noun.is_valid(ctx.now) {
            return Ok(None);
        }
        if ctx.now.since(held.noun.last_used_at) < USE_RECORDED_AFTER {
            return Ok(Some(batch![RecordOp::Require {
                realm: realm.clone(),
                kind: TrustedDevice::KIND,
                key: id,
                revision
            }]));
        }
        let used = TrustedDevice { last_used_at: ctx.now, ..held.noun.clone() };
        Ok(Some(batch![held.replace(ctx, &owner.key, &used)]))
    }

    /// Commits a ticket; `None` if the account changed in the meantime.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn hand_out_ticket(&self, challenged: Challenged, batch: Batch) -> Result<Option<Challenged>> {
        let is_done = self.commit_unless(batch, &[Precondition::UserRevision]).await?;
        Ok(is_done.then_some(challenged))
    }
}
