//! Limits of second-factor attempts, for the account or for a known device. An attempt is counted before it is
//! evaluated. A correct password does not reset the count; a correct factor does.

use std::time::Duration;

use super::Scope;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{Error, Result},
    limit::{LimitKey, LimitKind, Quota},
    message::{MessageKind, Recipient},
    port::{Batch, CommitError, LimitOp, Op, Precondition},
    seal::DataKey,
    session::device::KnownDevice,
};

/// Number of failed second-factor attempts after a correct password that triggers a notification of the owner.
const TOLD_AT: u32 = 3;
/// Limit of all known devices of an account, as a multiple of the limit of one. A device becomes known by a correct
/// password alone while two-step verification is off.
const ALL_DEVICES: u32 = 5;
/// Quota of these notifications.
const TOLD: Quota = Quota { times: 1, per: Duration::from_secs(24 * 3600) };

impl Scope<'_> {
    /// Counts an attempt, also for the ticket. Returns `false` if the ticket is no longer open.
    ///
    /// # Errors
    /// Returns `Limited` after too many failed attempts, and `Unavailable` if the store fails.
    pub(in crate::service) async fn count_factor_try(
        &self,
        user: &User,
        device: Option<&KnownDevice>,
        with: Batch,
    ) -> Result<bool> {
        let keys = self.factor_keys(user, device);
        let (kind, now) = (LimitKind::Factors, self.ctx.now);
        let counts = keys.iter().map(|(key, quota)| LimitOp::Count { kind, key: *key, quota: *quota, now }.into());
        match self.commit_within(counts.collect(), with).await {
            Ok(None) => Ok(true),
            Ok(Some(reached)) => {
                self.usage.take_refusal();
                let audit = self.refused(self.audit(Event::MfaRefused).user(user).limit(reached));
                self.commit(audit.into_iter().collect()).await?;
                Err(Error::limited(self.wait_of(&keys).await?, reached.setting()))
            }
            Err(CommitError::Failed(Precondition::ChallengeFresh)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the operations that reset the count of an account or device.
    pub(in crate::service) fn forget_factor_tries(&self, user: &User, device: Option<&KnownDevice>) -> Batch {
        self.factor_keys(user, device).into_iter().map(|(key, _)| LimitOp::Forget { key }.into()).collect()
    }

    /// Records a failed attempt. The owner is notified of the third one after a correct password, at most once a day,
    /// because another person knows the password.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the mail cannot be serialized.
    pub(in crate::service) async fn note_wrong_factor(
        &self,
        (user, key): (&User, &DataKey),
        device: Option<&KnownDevice>,
        is_login: bool,
    ) -> Result<()> {
        tracing::info!(realm = %self.realm.name, user = %user.id, "second factor rejected");
        let audit = self.refused(self.audit(Event::MfaRefused).user(user).reason("wrong"));
        self.commit(audit.into_iter().collect()).await?;
        let keys = self.factor_keys(user, device);
        let Some((first, quota)) = keys.first() else { return Ok(()) };
        let count = self.ports.store.window(*first).await?.within(*quota, self.ctx.now);
        // Concurrent attempts may skip the exact number. The quota prevents repeated mails.
        if !is_login || count < TOLD_AT {
            return Ok(());
        }
        let recipient = Recipient::of(&user.envelope.open_profile(key)?);
        let limit = LimitKey::in_realm(&self.realm.keys, LimitKind::Factors, &[b"told", user.id.as_str().as_bytes()]);
        let told = LimitOp::Count { kind: LimitKind::Factors, key: limit, quota: TOLD, now: self.ctx.now };
        let mail = batch![told, self.message(MessageKind::WrongFactors, &recipient, None)?];
        self.commit_unless(mail, &[Precondition::WithinQuota(LimitKind::Factors)]).await?;
        Ok(())
    }

    /// Counts the start of an enrolment or re-authentication and commits these operations. Returns `false` if a
    /// precondition on the account failed.
    ///
    /// # Errors
    /// Returns `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub(in crate::service) async fn count_enrolment(&self, user: &User, with: Batch) -> Result<bool> {
        let (kind, quota) = (LimitKind::Enrolments, self.settings.limits.enrolments_account);
        let key = LimitKey::in_realm(&self.realm.keys, kind, &[user.id.as_str().as_bytes()]);
        let count: Op = LimitOp::Count { kind, key, quota, now: self.ctx.now }.into();
        match self.commit_within(vec![count], with).await {
            Ok(None) => Ok(true),
            Ok(Some(reached)) => {
                self.note_limit_of(user).await?;
                Err(Error::limited(self.wait_of(&[(key, quota)]).await?, reached.setting()))
            }
            Err(CommitError::Failed(Precondition::UserRevision | Precondition::RecordRevision)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn factor_keys(&self, user: &User, device: Option<&KnownDevice>) -> Vec<(LimitKey, Quota)> {
        let user = user.id.as_str().as_bytes();
        match device {
            Some(device) => {
                let mut keys = self.factor_keys_of([b"device", device.id()], 1);
                keys.extend(self.factor_keys_of([b"devices", user], ALL_DEVICES));
                keys
            }
            None => self.factor_keys_of([b"account", user], 1),
        }
    }

    /// Returns the limit keys of a subject. Its quotas are those of an account multiplied by this factor.
    fn factor_keys_of(&self, subject: [&[u8]; 2], times: u32) -> Vec<(LimitKey, Quota)> {
        let key = |quota: &Quota| {
            let per = quota.per.as_secs().to_be_bytes();
            let subject = [subject.as_slice(), &[per.as_slice()]].concat();
            let quota = Quota { times: quota.times.saturating_mul(times), ..*quota };
            (LimitKey::in_realm(&self.realm.keys, LimitKind::Factors, &subject), quota)
        };
        self.settings.limits.factors_account.iter().map(key).collect()
    }

    async fn wait_of(&self, keys: &[(LimitKey, Quota)]) -> Result<Duration> {
        let mut longest = Duration::ZERO;
        for (key, quota) in keys {
            let mut window = self.ports.store.window(*key).await?;
            longest = longest.max(window.take(*quota, self.ctx.now).err().unwrap_or_default());
        }
        Ok(longest)
    }
}
