//! Identities of a user at other providers.

use super::Scope;
use crate::{
    account::User,
    error::Result,
    factor::Held,
    federation::{Identity, Provider},
    id::FactorId,
    link::Purpose,
    port::{ChallengeOp, Op},
    record::RecordKind,
    seal::DataKey,
};

impl<'a> Scope<'a> {
    /// Returns the provider with this name, if it is enabled in the realm.
    pub(in crate::service) fn provider(&self, name: &str) -> Option<&'a Provider> {
        self.realm.policy.providers.iter().find(|provider| provider.name == name)
    }

    /// Reads the identities of a user, including those at providers that are no longer enabled.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(in crate::service) async fn identities_of(&self, user: &User, key: &DataKey) -> Result<Vec<Held<Identity>>> {
        let rows = self.ports.store.records_of(&self.realm.name, &user.id, Some(RecordKind::Identity)).await?;
        rows.into_iter().map(|row| Held::open(row, key)).collect()
    }

    /// Returns the operation that invalidates the emailed links of a user that link an identity. They must not be
    /// used after another identity was linked or unlinked.
    pub(in crate::service) fn drop_links(&self, user: &User) -> Op {
        let (realm, subject) = (self.realm.name.clone(), user.id.clone());
        ChallengeOp::Drop { realm, subject, purpose: Some(Purpose::Linking) }.into()
    }

    /// Returns whether a user can log in with an identity other than this one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be opened.
    pub(in crate::service) async fn has_usable_identity(
        &self,
        (user, key): (&User, &DataKey),
        except: Option<&FactorId>,
    ) -> Result<bool> {
        let identities = self.identities_of(user, key).await?;
        let has_pages = self.realm.policy.pages;
        let lets_in = |provider: &Provider| provider.is_native() || (has_pages && provider.is_for_browsers());
        let is_usable = |held: &Held<Identity>| {
            Some(&held.noun.id) != except && self.provider(&held.noun.provider).is_some_and(lets_in)
        };
        Ok(identities.iter().any(is_usable))
    }
}
