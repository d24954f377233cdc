use serde::Deserialize;
use serde_json::Value;

use super::{
    Backup, CredentialId, CredentialKey, PasskeyChallenge, PasskeyRefusal, RelyingParty, attestation,
    client_data::{Ceremony, ClientData},
    response::{self, Base64Url},
};

/// Maximum number of stored transports of a credential, and the maximum length of a transport.
const MAX_TRANSPORTS: usize = 8;
const MAX_TRANSPORT_LENGTH: usize = 32;

/// Response of an authenticator that has created a credential. Not verified yet.
#[derive(Debug)]
pub struct RegistrationResponse {
    id: CredentialId,
    client: ClientData,
    attestation: Vec<u8>,
    transports: Vec<String>,
}

/// A newly created credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    pub id: CredentialId,
    pub key: CredentialKey,
    pub backup: Backup,
    pub counter: u32,
    /// Transports of the authenticator, as reported by the browser.
    pub transports: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Base64Url,
    attestation_object: Base64Url,
    #[serde(default)]
    transports: Option<Vec<String>>,
}

impl RegistrationResponse {
    /// Parses `RegistrationResponseJSON`. Members that only repeat the authenticator data, such as `publicKey`, are
    /// ignored.
    ///
    /// # Errors
    /// Returns [`PasskeyRefusal::Malformed`] if a member is missing or malformed.
    pub fn read(json: &Value) -> Result<Self, PasskeyRefusal> {
        let (id, response) = response::read::<Response>(json)?;
        let client = ClientData::read(&response.client_data.0).ok_or(PasskeyRefusal::Malformed)?;
        let transports = response.transports.unwrap_or_default().into_iter().filter(|name| is_transport(name));
        let transports = transports.take(MAX_TRANSPORTS).collect();
        Ok(Self { id, client, attestation: response.attestation_object.0, transports })
    }

    /// Returns the challenge signed by the browser, or `None` if this server cannot have issued it.
    #[must_use]
    pub fn challenge(&self) -> Option<PasskeyChallenge> {
        self.client.challenge()
    }

    /// Verifies the response to this challenge (WebAuthn Level 3 §7.1).
    ///
    /// # Errors
    /// Returns the check that failed.
    pub fn verify(
        self,
        party: &RelyingParty,
        challenge: &PasskeyChallenge,
        needs_verification: bool,
    ) -> Result<NewCredential, PasskeyRefusal> {
        self.client.check(Ceremony::Create, challenge, party)?;
        let data = attestation::authenticator_data(&self.attestation)?;
        data.check(party, needs_verification)?;
        let (backup, counter) = (data.backup(), data.counter);
        let attested = data.attested.ok_or(PasskeyRefusal::AttestedData)?;
        if attested.id != self.id {
            return Err(PasskeyRefusal::CredentialId);
        }
        Ok(NewCredential { id: self.id, key: attested.key, backup, counter, transports: self.transports })
    }
}

/// Returns whether a text may be the name of a transport. Unknown names are accepted (WebAuthn Level 3 §5.8.4).
pub(super) fn is_transport(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_TRANSPORT_LENGTH).contains(&name.len()) && name.bytes().all(is_plain)
}
