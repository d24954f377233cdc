//! `me/mfa/recovery_codes`: replaces the recovery codes.

use super::SecondFactors;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{Result, catalogue::MFA_NO_FACTOR},
    factor::{Method, NewRecoveryCodes, RecoveryCodes},
    message::{MessageKind, Recipient},
    port::{Op, Precondition, RecordOp, UserOp},
    record::{Record, RecordKeys},
    service::{
        FreshOwner, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

impl SecondFactors<'_> {
    /// Creates ten new recovery codes and invalidates the earlier ones.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `NotFound` if the
    /// realm has no recovery codes, `Conflict` if the account has no other factor, `Limited` if a rate limit is
    /// reached, and `Unavailable` if the store fails.
    pub async fn renew_recovery_codes(&self, owner: &Owner, current: &RawField) -> Result<NewRecoveryCodes> {
        self.require_method(Method::RecoveryCode)?;
        let owner = self.fresh(owner, current).await?;
        retry(ATTEMPTS, "the account kept changing while recovery codes were created", |_| self.renew_once(owner)).await
    }

    async fn renew_once(&self, owner: FreshOwner<'_>) -> Result<Option<NewRecoveryCodes>> {
        let (ctx, realm) = (self.ctx, &self.realm.name);
        let user = self.fresh_user(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        if factors.count() == 0 {
            return Err(MFA_NO_FACTOR.into());
        }
        let (codes, texts) = RecoveryCodes::new(ctx, &user.id, user.revision + 1);
        let put: Op = match &factors.recovery {
            Some(held) => held.replace(ctx, &key, &codes).into(),
            None => RecordOp::Insert(codes.seal(ctx, realm, RecordKeys::Owner(&key))).into(),
        };
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?);
        let batch = batch![
            UserOp::Update(User { revision: user.revision + 1, ..user }),
            put,
            self.audit(Event::RecoveryRenewed).user(&*owner),
            self.message(MessageKind::RecoveryCodesRenewed, &recipient, None)?,
        ];
        let lost = [Precondition::UserRevision, Precondition::RecordRevision, Precondition::RecordFree];
        Ok(self.commit_unless(batch, &lost).await?.then_some(texts))
    }
}
