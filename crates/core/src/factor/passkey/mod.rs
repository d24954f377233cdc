//! WebAuthn Level 3 relying party: parses and verifies the responses of authenticators. It is pure: time and
//! randomness are arguments, and no input makes it panic.

mod assertion;
mod attestation;
mod authenticator_data;
mod cbor;
mod challenge;
mod client_data;
mod cose_key;
mod credential_id;
mod noun;
mod refusal;
mod registration;
mod relying_party;
mod response;
mod spent;
mod user_handle;

pub use assertion::{Asserted, AssertionResponse, StoredCredential};
pub use authenticator_data::Backup;
pub use challenge::{CHALLENGE_TTL, ChallengePurpose, PasskeyChallenge};
pub use cose_key::{CredentialKey, KeyAlgorithm};
pub use credential_id::CredentialId;
pub use noun::{MAX_PASSKEYS, NewPasskey, Passkey, PasskeyUse};
pub use refusal::PasskeyRefusal;
pub use registration::{NewCredential, RegistrationResponse};
pub use relying_party::RelyingParty;
pub use spent::SpentChallenge;
pub use user_handle::UserHandle;
