//! Limits of clients, accounts, addresses and phone numbers.

use std::time::Duration;

use super::{Scope, audit::AuditSubject};
use crate::{
    account::User,
    audit::Event,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    limit::{Denied, LimitKey, LimitKind, LimitStatus, Mode, Permit, Quota},
    port::{Batch, CommitError, Counted, LimitOp, Op, Precondition},
    seal::BlindIndex,
    session::device::KnownDevice,
};

/// Counted use of a quota, which can be refunded.
#[derive(Debug, Default)]
pub(in crate::service) struct Charge(Option<(LimitKey, Timestamp)>);

/// Password check in progress. It counts as a failure until it succeeds.
#[derive(Debug)]
pub(in crate::service) struct PasswordAttempt<'a> {
    client: Charge,
    account: Option<(LimitKey, Option<Permit<'a>>)>,
    forget_after: Duration,
}

impl PasswordAttempt<'_> {
    /// Returns the operation that counts the failure. `None` if nothing is counted.
    pub(in crate::service) fn failed(&self, ctx: &Ctx) -> Option<Op> {
        let (key, _) = self.account.as_ref()?;
        Some(LimitOp::CountFailure { key: *key, now: ctx.now, forget_after: self.forget_after }.into())
    }
}

impl<'a> Scope<'a> {
    /// Charges the client for a request.
    ///
    /// # Errors
    /// Returns `Limited` if the quota is exhausted.
    pub(in crate::service) async fn charge_client(&self, kind: LimitKind, quota: Quota) -> Result<Charge> {
        match self.ctx.client.ip {
            Some(address) => {
                let charge = self.charge(kind, LimitKey::client(kind, address), quota).await;
                charge.map_err(|error| {
                    self.usage.refuse(kind, kind.client_setting());
                    error.with_limit(kind.client_setting())
                })
            }
            None => Ok(Charge::default()),
        }
    }

    /// Charges a key for a use.
    ///
    /// # Errors
    /// Returns `Limited` if the quota is exhausted.
    pub(in crate::service) async fn charge(&self, kind: LimitKind, key: LimitKey, quota: Quota) -> Result<Charge> {
        if self.settings.limits.mode == Mode::Off {
            return Ok(Charge::default());
        }
        match self.ports.counters.take(key, quota, self.ctx.now).await {
            Counted::Within { left, reset, at } => {
                self.usage.add(LimitStatus { kind, quota, left, reset });
                Ok(Charge(Some((key, at))))
            }
            Counted::Beyond { wait } => {
                self.usage.add(LimitStatus { kind, quota, left: 0, reset: wait });
                self.refuse_beyond(kind, wait)?;
                Ok(Charge::default())
            }
        }
    }

    /// Refunds a charged use.
    pub(in crate::service) async fn refund(&self, charge: Charge) {
        if let Charge(Some((key, at))) = charge {
            self.ports.counters.refund(key, at).await;
        }
    }

    /// Records that a limit was reached, and rejects the request if limits are enforced.
    fn refuse_beyond(&self, kind: LimitKind, wait: Duration) -> Result<()> {
        self.usage.add_reached(kind);
        let is_enforced = self.settings.limits.mode == Mode::Enforce;
        tracing::info!(limit = kind.as_str(), enforced = is_enforced, "limit reached");
        if !is_enforced {
            return Ok(());
        }
        self.usage.refuse(kind, kind.setting());
        Err(Error::limited(wait, kind.setting()))
    }

    /// Records that a limit rejected a request about this user.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn note_limit_of(&self, user: &impl AuditSubject) -> Result<()> {
        let Some((kind, setting)) = self.usage.take_refusal() else { return Ok(()) };
        let audit = self.audit(Event::LimitReached).user(user).rule(kind, setting);
        Ok(self.commit(self.refused(audit).into_iter().collect()).await?)
    }

    /// Records that a limit rejected a request for this address.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn note_limit_at(&self, user: Option<&User>, index: BlindIndex) -> Result<()> {
        let Some((kind, setting)) = self.usage.take_refusal() else { return Ok(()) };
        let audit = self.audit(Event::LimitReached).address(user, index).rule(kind, setting);
        Ok(self.commit(self.refused(audit).into_iter().collect()).await?)
    }

    /// Records that a limit rejected a request, unless an operation has already recorded it with its subject. Called
    /// for every 429 response.
    pub async fn note_limit(&self) {
        let Some((kind, setting)) = self.usage.take_refusal() else { return };
        let audit = self.refused(self.audit(Event::LimitReached).rule(kind, setting));
        // The request is rejected even if its row cannot be written.
        if let Err(error) = self.commit(audit.into_iter().collect()).await {
            tracing::debug!(%error, "rejection not recorded");
        }
    }

    /// Charges the client, then executes the work. Server errors are refunded.
    ///
    /// # Errors
    /// Returns `Limited` if a rate limit is reached, and otherwise the error of the work.
    pub(in crate::service) async fn ask<T>(
        &self,
        kind: LimitKind,
        quota: Quota,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let charge = self.charge_client(kind, quota).await?;
        self.charged(charge, work).await
    }

    /// Executes work that was charged. Server errors are refunded.
    ///
    /// # Errors
    /// Returns the error of the work.
    pub(in crate::service) async fn charged<T>(
        &self,
        charge: Charge,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = work.await;
        if result.as_ref().is_err_and(|error| error.kind().is_ours()) {
            self.refund(charge).await;
        }
        result
    }

    /// Charges the client, then uses a link or code. Only invalid links and codes are not refunded.
    ///
    /// # Errors
    /// Returns `Limited` if a rate limit is reached, and otherwise the error of the work.
    pub(in crate::service) async fn try_link<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let charge = self.charge_client(LimitKind::Links, self.settings.limits.links_client).await?;
        let result = work.await;
        if !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::BadLink) {
            self.refund(charge).await;
        }
        result
    }

    /// Starts a password check, unless the account has too many failures. For a known device of the owner, its own
    /// failures are counted instead, and the client is not charged.
    ///
    /// # Errors
    /// Returns `Limited` after too many failures, and `Unavailable` if the store fails.
    pub(in crate::service) async fn begin_attempt(
        &self,
        client: Charge,
        account: BlindIndex,
        device: Option<&KnownDevice>,
    ) -> Result<PasswordAttempt<'a>> {
        let limits = &self.settings.limits;
        let forget_after = limits.passwords_account.per;
        if limits.mode == Mode::Off {
            return Ok(PasswordAttempt { client, account: None, forget_after });
        }
        let subject: [&[u8]; 2] = match device {
            Some(device) => [b"device", device.id()],
            None => [b"account", &account.0],
        };
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::Passwords, &subject);
        // A rejected attempt is not refunded: a client that does not wait is treated like an attacker.
        match self.begin_check(key).await {
            Ok(permit) => Ok(PasswordAttempt { client, account: Some((key, permit)), forget_after }),
            Err(error) => {
                if error.kind().is_ours() {
                    self.refund(client).await;
                }
                Err(error)
            }
        }
    }

    async fn begin_check(&self, key: LimitKey) -> Result<Option<Permit<'a>>> {
        let in_flight = &self.kernel.in_flight;
        let quota = self.settings.limits.passwords_account;
        loop {
            let generation = in_flight.generation(key);
            let failed = self.ports.store.failures(key).await?.remembered(self.ctx.now, quota.per);
            match in_flight.begin(key, generation, failed, quota.times, self.ctx.now) {
                Ok(permit) => return Ok(Some(permit)),
                Err(Denied::Stale) => {}
                Err(Denied::Wait(wait)) => return self.refuse_beyond(LimitKind::Passwords, wait).map(|()| None),
            }
        }
    }

    /// Refunds an attempt if the password was correct or could not be checked.
    pub(in crate::service) async fn refund_attempt(&self, attempt: PasswordAttempt<'_>) {
        self.refund(attempt.client).await;
    }

    /// Commits a batch and counts it as a use of an account's quota in the store.
    ///
    /// # Errors
    /// Returns `Limited` without committing if the quota is exhausted, and otherwise the error of the commit.
    pub(in crate::service) async fn commit_counted(
        &self,
        kind: LimitKind,
        subject: &[u8],
        quota: Quota,
        batch: Batch,
    ) -> Result<()> {
        let now = self.ctx.now;
        let key = LimitKey::in_realm(&self.realm.keys, kind, &[subject]);
        let count = LimitOp::Count { kind, key, quota, now };
        let reached = self.commit_within(vec![count.into()], batch).await?;
        if self.settings.limits.mode == Mode::Off {
            return Ok(());
        }
        let window = self.ports.store.window(key).await?;
        let (left, reset) = (quota.times.saturating_sub(window.within(quota, now)), window.reset(quota, now));
        self.usage.add(LimitStatus { kind, quota, left, reset });
        match reached {
            Some(kind) => Err(Error::limited(window.wait(quota, now), kind.setting())),
            None => Ok(()),
        }
    }

    /// Commits a batch if all quotas allow it. Otherwise returns the limit that was reached, without changes.
    ///
    /// # Errors
    /// Returns the error of the commit.
    pub(in crate::service) async fn commit_within(
        &self,
        quotas: Batch,
        batch: Batch,
    ) -> Result<Option<LimitKind>, CommitError> {
        if self.settings.limits.mode == Mode::Off {
            return self.commit(batch).await.map(|()| None);
        }
        let counted = quotas.into_iter().chain(batch.iter().cloned()).collect();
        match self.commit(counted).await {
            Err(CommitError::Failed(Precondition::WithinQuota(kind))) => {
                if self.refuse_beyond(kind, Duration::ZERO).is_err() {
                    return Ok(Some(kind));
                }
                self.commit(batch).await.map(|()| None)
            }
            done => done.map(|()| None),
        }
    }
}
