//! Limits at work: what a client, an account, an address or a number may have done.

use std::time::Duration;

use crate::{
    audit::{AuditRow, Event},
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    limit::{Denied, LimitKey, LimitKind, LimitStatus, Mode, Permit, Quota},
    port::{Batch, CommitError, Counted, LimitOp, Op, Precondition},
    realm::Realm,
    seal::BlindIndex,
    service::Service,
    session::device::KnownDevice,
};

/// What was counted and can be given back.
#[derive(Debug, Default)]
pub(super) struct Spent(Option<(LimitKey, Timestamp)>);

/// A password that is being tried: it counts as wrong until it turns out right.
#[derive(Debug)]
pub(super) struct PasswordTry<'a> {
    client: Spent,
    account: Option<(LimitKey, Option<Permit<'a>>)>,
    forget_after: Duration,
}

impl PasswordTry<'_> {
    /// What counts it for good; none where nothing is counted.
    pub(super) fn failed(&self, ctx: &Ctx) -> Option<Op> {
        let (key, _) = self.account.as_ref()?;
        Some(LimitOp::CountFailure { key: *key, now: ctx.now, forget_after: self.forget_after }.into())
    }
}

impl Service {
    /// Counts a request of this client.
    ///
    /// # Errors
    /// Limited.
    pub(super) async fn client_may(&self, ctx: &Ctx, row: LimitKind, quota: Quota) -> Result<Spent> {
        match ctx.client.ip {
            Some(address) => self.spend(ctx, row, LimitKey::client(row, address), quota).await,
            None => Ok(Spent::default()),
        }
    }

    /// Counts once more for this key.
    ///
    /// # Errors
    /// Limited.
    pub(super) async fn spend(&self, ctx: &Ctx, row: LimitKind, key: LimitKey, quota: Quota) -> Result<Spent> {
        if self.rules.limits.mode == Mode::Off {
            return Ok(Spent::default());
        }
        match self.ports.counters.take(key, quota, ctx.now).await {
            Counted::Within { left, reset } => {
                ctx.note(LimitStatus { kind: row, quota, left, reset });
                Ok(Spent(Some((key, ctx.now))))
            }
            Counted::Beyond { wait } => {
                ctx.note(LimitStatus { kind: row, quota, left: 0, reset: wait });
                self.refuse_beyond(ctx, row, wait)?;
                Ok(Spent::default())
            }
        }
    }

    /// Forgets what was counted.
    pub(super) async fn give_back(&self, spent: Spent) {
        if let Spent(Some((key, at))) = spent {
            self.ports.counters.refund(key, at).await;
        }
    }

    /// Something was too much.
    fn refuse_beyond(&self, ctx: &Ctx, row: LimitKind, wait: Duration) -> Result<()> {
        ctx.note_beyond(row);
        let is_enforced = self.rules.limits.mode == Mode::Enforce;
        tracing::info!(limit = row.as_str(), enforced = is_enforced, "limit reached");
        if is_enforced { Err(Error::limited(wait)) } else { Ok(()) }
    }

    /// Does for this client what it may ask for so often; what we could not do does not count.
    ///
    /// # Errors
    /// Limited; and those of the work.
    pub(super) async fn ask<T>(
        &self,
        ctx: &Ctx,
        row: LimitKind,
        quota: Quota,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let spent = self.client_may(ctx, row, quota).await?;
        self.counted(spent, work).await
    }

    /// Does what was counted; what we could not do does not count.
    ///
    /// # Errors
    /// Those of the work.
    pub(super) async fn counted<T>(&self, spent: Spent, work: impl Future<Output = Result<T>>) -> Result<T> {
        let result = work.await;
        if result.as_ref().is_err_and(|error| error.kind().is_ours()) {
            self.give_back(spent).await;
        }
        result
    }

    /// Opens a link or tries a code for this client: what leads nowhere counts.
    ///
    /// # Errors
    /// Limited; and those of the work.
    pub(super) async fn try_link<T>(&self, ctx: &Ctx, work: impl Future<Output = Result<T>>) -> Result<T> {
        let spent = self.client_may(ctx, LimitKind::Links, self.rules.limits.links_client).await?;
        let result = work.await;
        if !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::BadLink) {
            self.give_back(spent).await;
        }
        result
    }

    /// Begins to try a password for a client who may, unless there were too many wrong ones of this account, or of the device
    /// from which its owner has logged in before.
    ///
    /// # Errors
    /// Limited; unavailable.
    pub(super) async fn try_password(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        client: Spent,
        account: BlindIndex,
        device: Option<&KnownDevice>,
    ) -> Result<PasswordTry<'_>> {
        let limits = &self.rules.limits;
        let forget_after = limits.passwords_account.per;
        if limits.mode == Mode::Off {
            return Ok(PasswordTry { client, account: None, forget_after });
        }
        let key = match device {
            Some(device) => LimitKey::in_realm(&realm.keys, LimitKind::Passwords, &[b"device", device.id()]),
            None => LimitKey::in_realm(&realm.keys, LimitKind::Passwords, &[b"account", &account.0]),
        };
        // A try that is refused counts for the client all the same: whoever does not wait is no better than who guesses.
        match self.begin(ctx, key).await {
            Ok(flight) => Ok(PasswordTry { client, account: Some((key, flight)), forget_after }),
            Err(error) => {
                if error.kind().is_ours() {
                    self.give_back(client).await;
                }
                Err(error)
            }
        }
    }

    async fn begin(&self, ctx: &Ctx, key: LimitKey) -> Result<Option<Permit<'_>>> {
        let quota = self.rules.limits.passwords_account;
        loop {
            let generation = self.in_flight.generation(key);
            let failed = self.ports.store.failures(key).await?.remembered(ctx.now, quota.per);
            match self.in_flight.begin(key, generation, failed, quota.times, ctx.now) {
                Ok(flight) => return Ok(Some(flight)),
                Err(Denied::Stale) => {}
                Err(Denied::Wait(wait)) => return self.refuse_beyond(ctx, LimitKind::Passwords, wait).map(|()| None),
            }
        }
    }

    /// A password turned out right, or could not be tried.
    pub(super) async fn forgive(&self, attempt: PasswordTry<'_>) {
        self.give_back(attempt.client).await;
    }

    /// Commits a batch that sends a mail which anybody can ask for, while its address has not had too many. Otherwise that
    /// which sends none is done, with a line in the audit trail, and who asked is told nothing of it.
    ///
    /// # Errors
    /// Those of the commit.
    pub(super) async fn commit_mail(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        index: BlindIndex,
        batch: Batch,
        mut silent: Batch,
    ) -> Result<(), CommitError> {
        let key = LimitKey::in_realm(&realm.keys, LimitKind::Mails, &[&index.0]);
        let quota = self.rules.limits.mails_account;
        let counted = batch![LimitOp::Count { kind: LimitKind::Mails, key, quota, now: ctx.now }];
        let Some(row) = self.commit_within(ctx, counted, batch).await? else { return Ok(()) };
        let audit = AuditRow::new(ctx, &realm.name, Event::LimitReached).index(index).reason(row.as_str());
        silent.push(audit.into());
        self.commit(silent).await
    }

    /// Commits a batch if all quotas allow it; otherwise nothing is done, and the first that does not is given.
    ///
    /// # Errors
    /// Those of the commit.
    pub(super) async fn commit_within(
        &self,
        ctx: &Ctx,
        quotas: Batch,
        batch: Batch,
    ) -> Result<Option<LimitKind>, CommitError> {
        if self.rules.limits.mode == Mode::Off {
            return self.commit(batch).await.map(|()| None);
        }
        let counted = quotas.into_iter().chain(batch.iter().cloned()).collect();
        match self.commit(counted).await {
            Err(CommitError::Failed(Precondition::WithinQuota(row))) => {
                if self.refuse_beyond(ctx, row, Duration::ZERO).is_err() {
                    return Ok(Some(row));
                }
                self.commit(batch).await.map(|()| None)
            }
            done => done.map(|()| None),
        }
    }
}
