//! Passkeys, shared by all areas: the relying party, single-use challenges, and the handling of rejections.

use std::time::Duration;

use super::Scope;
use crate::{
    account::User,
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{FIELD_MISSING, NOT_FOUND},
    },
    factor::{
        Factors, Held,
        passkey::{CredentialId, Passkey, PasskeyChallenge, PasskeyRefusal, RelyingParty, SpentChallenge, UserHandle},
    },
    limit::{LimitKey, LimitKind, Quota},
    message::{MessageKind, Recipient},
    port::{LimitOp, Op, Precondition, RecordOp},
    record::{Record, RecordKeys},
    seal::DataKey,
    service::{FieldErrors, RawField, RawJson},
};

/// Quota of mails about signature counters.
const TOLD: Quota = Quota { times: 1, per: Duration::from_secs(24 * 3600) };

/// A stored passkey and its user.
pub(in crate::service) struct FoundPasskey {
    pub(in crate::service) user: User,
    pub(in crate::service) key: DataKey,
    pub(in crate::service) held: Held<Passkey>,
}

/// Identifier of a credential, for `allowCredentials` and `excludeCredentials`.
#[derive(Debug, Clone)]
pub struct NamedCredential {
    pub id: CredentialId,
    pub transports: Vec<String>,
}

/// Accepted credentials of a user, in the format of the browser's `signalAllAcceptedCredentials`.
#[derive(Debug, Clone)]
pub struct AcceptedCredentials {
    pub rp_id: String,
    pub user: UserHandle,
    pub credentials: Vec<CredentialId>,
}

impl Scope<'_> {
    /// Returns the relying party if passkeys are enabled in the realm.
    pub(in crate::service) fn relying_party(&self) -> Option<&RelyingParty> {
        self.kernel.settings.passkeys.as_ref().filter(|_| self.realm.policy.passkeys)
    }

    /// Returns the relying party.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled.
    pub(in crate::service) fn require_relying_party(&self) -> Result<&RelyingParty> {
        self.relying_party().ok_or_else(|| NOT_FOUND.into())
    }

    /// Returns the record of a used challenge.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn spent_challenge(
        &self,
        challenge: &PasskeyChallenge,
    ) -> Result<Option<SpentChallenge>> {
        let key = SpentChallenge::key_of(challenge);
        let row = self.ports.store.record(&self.realm.name, SpentChallenge::KIND, &key).await?;
        let opened = row.map(|row| SpentChallenge::open(&row, RecordKeys::Realm(&self.realm.keys)));
        opened.transpose().map_err(Error::internal)
    }

    /// Returns the operation that marks a challenge as used. It fails if another request has used it.
    pub(in crate::service) fn spend_challenge(&self, spent: &SpentChallenge) -> Op {
        RecordOp::Insert(spent.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys))).into()
    }

    /// Returns the passkey of a credential.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn passkey_of(
        &self,
        party: &RelyingParty,
        credential: &CredentialId,
    ) -> Result<Option<FoundPasskey>> {
        let key = Passkey::key_of(&self.realm.keys, &party.id, credential);
        let Some(row) = self.ports.store.record(&self.realm.name, Passkey::KIND, &key).await? else { return Ok(None) };
        let Some(owner) = row.owner.clone() else { return Ok(None) };
        let Some(user) = self.ports.store.user(&self.realm.name, &owner).await? else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(Some(FoundPasskey { held: Held::open(row, &key)?, user, key }))
    }

    /// Returns the accepted credentials of a user.
    pub(in crate::service) fn accepted_credentials(
        &self,
        party: &RelyingParty,
        user: &User,
        passkeys: impl Iterator<Item = Passkey>,
    ) -> AcceptedCredentials {
        let credentials = passkeys.filter(|passkey| passkey.rp_id == party.id).map(|passkey| passkey.credential);
        AcceptedCredentials {
            rp_id: party.id.clone(),
            user: UserHandle::of(&self.realm.keys, &user.id),
            credentials: credentials.collect(),
        }
    }

    /// Records the rejection of a passkey. If its counter has not increased, the owner is notified at most once a
    /// day.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the mail cannot be serialized.
    pub(in crate::service) async fn note_refused_passkey(
        &self,
        refusal: PasskeyRefusal,
        found: Option<&FoundPasskey>,
    ) -> Result<()> {
        let reason = refusal.as_str();
        tracing::info!(realm = %self.realm.name, reason, "passkey rejected");
        let draft = self.audit(Event::PasskeyRefused).reason(reason);
        let draft = match found {
            Some(found) => draft.user(&found.user),
            None => draft,
        };
        self.commit(self.refused(draft).into_iter().collect()).await?;
        let Some(found) = found.filter(|_| refusal == PasskeyRefusal::Counter) else { return Ok(()) };
        let id = found.held.noun.id.as_str();
        let audit = self.refused(self.audit(Event::PasskeyCounter).user(&found.user).detail("factor", id));
        self.commit(audit.into_iter().collect()).await?;
        let recipient = Recipient::of(&found.user.envelope.open_profile(&found.key)?);
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::Passkeys, &[b"counter", id.as_bytes()]);
        let told = LimitOp::Count { kind: LimitKind::Passkeys, key, quota: TOLD, now: self.ctx.now };
        let mail = batch![told, self.message(MessageKind::PasskeyCounter, &recipient, None)?];
        self.commit_unless(mail, &[Precondition::WithinQuota(LimitKind::Passkeys)]).await?;
        Ok(())
    }
}

impl Factors {
    /// Returns the credentials of the passkeys and security keys.
    pub(in crate::service) fn named_credentials(&self) -> Vec<NamedCredential> {
        let named = |held: &Held<Passkey>| NamedCredential {
            id: held.noun.credential.clone(),
            transports: held.noun.transports.clone(),
        };
        self.passkeys.iter().map(named).collect()
    }
}

impl FieldErrors {
    /// Parses a credential: an object, or its JSON as a string. A string that is not JSON is parsed as `null`, which
    /// is not a valid credential.
    pub(in crate::service) fn credential(
        &mut self,
        field: &'static str,
        given: &RawField,
    ) -> Option<serde_json::Value> {
        match given {
            RawField::Json(RawJson(value)) => Some(value.clone()),
            RawField::Missing => {
                self.add(FIELD_MISSING.of(field));
                None
            }
            other => Some(serde_json::from_str(other.text().unwrap_or_default()).unwrap_or_default()),
        }
    }
}
