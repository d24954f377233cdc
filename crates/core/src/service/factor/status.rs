//! `me/mfa`: returns the second factors of a user.

use super::SecondFactors;
use crate::{
    clock::Timestamp,
    error::Result,
    factor::{ListedFactor, ListedPasskey, Method, MfaPolicy},
    service::{Owner, Viewer, kernel::AcceptedCredentials},
};

/// Second factors of the caller, without their secrets.
#[derive(Debug)]
pub struct FactorStatus {
    pub two_step: bool,
    pub policy: MfaPolicy,
    /// Kinds of factors that can be added and used.
    pub methods: Vec<Method>,
    pub factors: Vec<ListedFactor>,
    pub recovery_codes: Option<ListedRecoveryCodes>,
    /// Passkeys and security keys, with the credentials that browsers may offer. `None` if passkeys are disabled.
    pub passkeys: Option<(Vec<ListedPasskey>, AcceptedCredentials)>,
}

/// State of the recovery codes.
#[derive(Debug)]
pub struct ListedRecoveryCodes {
    pub left: usize,
    pub created_at: Timestamp,
}

impl SecondFactors<'_> {
    /// Returns the second factors of an owner without recovery codes.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if a record cannot be decrypted.
    pub async fn factors_of_owner(&self, owner: &Owner) -> Result<Vec<ListedFactor>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let phone = user.envelope.open_profile(&key)?.phone;
        Ok(self.factors_of(&user, &key).await?.listed(phone.as_ref()))
    }

    /// Returns the second factors of the caller.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and `Internal`
    /// if a record cannot be decrypted.
    pub async fn status(&self, viewer: &Viewer) -> Result<FactorStatus> {
        let user = self.user_of_account(viewer.account()).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.factors_of(&user, &key).await?;
        let phone = user.envelope.open_profile(&key)?.phone;
        let policy = &self.realm.policy;
        let passkeys = self.relying_party().map(|party| {
            let held = || factors.passkeys.iter().map(|held| &held.noun);
            let mut listed: Vec<ListedPasskey> = held().map(ListedPasskey::from).collect();
            listed.sort_by_key(|passkey| std::cmp::Reverse(passkey.created_at));
            (listed, self.accepted_credentials(party, &user, held().cloned()))
        });
        Ok(FactorStatus {
            two_step: self.needs_two_steps(user.two_step),
            policy: policy.mfa_policy,
            methods: policy.mfa_methods.clone(),
            factors: factors.listed(phone.as_ref()),
            passkeys,
            recovery_codes: factors
                .recovery
                .map(|held| ListedRecoveryCodes { left: held.noun.left(), created_at: held.noun.created_at }),
        })
    }
}
