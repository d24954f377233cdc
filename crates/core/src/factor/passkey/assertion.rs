use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Backup, CredentialId, CredentialKey, PasskeyChallenge, PasskeyRefusal, RelyingParty, UserHandle,
    authenticator_data::AuthenticatorData,
    client_data::{Ceremony, ClientData},
    response::{self, Base64Url},
};

/// Response of an authenticator that has used a credential. Not verified yet.
#[derive(Debug)]
pub struct AssertionResponse {
    id: CredentialId,
    client: ClientData,
    client_json: Vec<u8>,
    data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Option<UserHandle>,
}

/// Stored properties of a credential.
#[derive(Debug, Clone, Copy)]
pub struct StoredCredential<'a> {
    pub key: &'a CredentialKey,
    pub user_handle: &'a UserHandle,
    pub is_eligible: bool,
    pub counter: u32,
}

/// Result of a verified response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    /// Whether the authenticator has verified the user.
    pub is_verified: bool,
    pub backup: Backup,
    pub counter: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Base64Url,
    authenticator_data: Base64Url,
    signature: Base64Url,
    #[serde(default)]
    user_handle: Option<Base64Url>,
}

impl AssertionResponse {
    /// Parses `AuthenticationResponseJSON`. An empty user handle is treated as absent.
    ///
    /// # Errors
    /// Returns [`PasskeyRefusal::Malformed`] if a member is missing or malformed.
    pub fn read(json: &Value) -> Result<Self, PasskeyRefusal> {
        let (id, response) = response::read::<Response>(json)?;
        let client_json = response.client_data.0;
        let client = ClientData::read(&client_json).ok_or(PasskeyRefusal::Malformed)?;
        let user_handle = match response.user_handle.map(|handle| handle.0).filter(|handle| !handle.is_empty()) {
            Some(handle) => Some(UserHandle::from_bytes(&handle).ok_or(PasskeyRefusal::UserHandle)?),
            None => None,
        };
        let (data, signature) = (response.authenticator_data.0, response.signature.0);
        Ok(Self { id, client, client_json, data, signature, user_handle })
    }

    /// Returns the identifier of the credential.
    #[must_use]
    pub const fn credential(&self) -> &CredentialId {
        &self.id
    }

    /// Returns the challenge signed by the authenticator, or `None` if this server cannot have issued it.
    #[must_use]
    pub fn challenge(&self) -> Option<PasskeyChallenge> {
        self.client.challenge()
    }

    /// Returns the user handle if there is one.
    #[must_use]
    pub const fn user_handle(&self) -> Option<&UserHandle> {
        self.user_handle.as_ref()
    }

    /// Verifies the response to this challenge (WebAuthn Level 3 §7.2). The counter is compared last, so that the
    /// owner of the credential is only notified after all other checks have passed.
    ///
    /// # Errors
    /// Returns the check that failed.
    pub fn verify(
        &self,
        party: &RelyingParty,
        challenge: &PasskeyChallenge,
        stored: StoredCredential<'_>,
        needs_verification: bool,
    ) -> Result<Asserted, PasskeyRefusal> {
        self.client.check(Ceremony::Get, challenge, party)?;
        let data = AuthenticatorData::read(&self.data)?;
        data.check(party, needs_verification)?;
        if data.attested.is_some() {
            return Err(PasskeyRefusal::AttestedData);
        }
        let backup = data.backup();
        if backup.is_eligible != stored.is_eligible {
            return Err(PasskeyRefusal::Backup);
        }
        if self.user_handle.as_ref().is_some_and(|handle| handle != stored.user_handle) {
            return Err(PasskeyRefusal::UserHandle);
        }
        let signed = [self.data.as_slice(), digest(&SHA256, &self.client_json).as_ref()].concat();
        if !stored.key.verifies(&signed, &self.signature) {
            return Err(PasskeyRefusal::Signature);
        }
        // Each copy of a backed-up credential has its own counter.
        let is_counted = !backup.is_eligible && (data.counter != 0 || stored.counter != 0);
        if is_counted && data.counter <= stored.counter {
            return Err(PasskeyRefusal::Counter);
        }
        Ok(Asserted { is_verified: data.is_verified(), backup, counter: data.counter })
    }
}
