mod challenges;
mod lies;
mod mutations;
mod vectors;

use portcullis_core::{
    factor::passkey::{
        Asserted, AssertionResponse, KeyAlgorithm, NewCredential, PasskeyChallenge, PasskeyRefusal,
        RegistrationResponse, RelyingParty, StoredCredential, UserHandle,
    },
    suite::authenticator::{SoftAssertion, SoftCreation, SoftPasskey},
};
use serde_json::Value;

const RP_ID: &str = "accounts.example.com";
const ORIGIN: &str = "https://accounts.example.com";

fn party() -> RelyingParty {
    RelyingParty {
        id: RP_ID.to_owned(),
        origins: vec![ORIGIN.to_owned(), "https://example.org".to_owned()],
        name: "Portcullis".to_owned(),
    }
}

/// Returns a challenge for tests.
fn challenge(number: u8) -> PasskeyChallenge {
    PasskeyChallenge::from_bytes(&[number; 32]).unwrap()
}

fn passkey(algorithm: KeyAlgorithm) -> SoftPasskey {
    let mut passkey = SoftPasskey::new(algorithm, RP_ID, ORIGIN);
    passkey.user_handle = data_encoding::BASE64URL_NOPAD.encode(b"the handle of john");
    passkey
}

fn register(creation: &SoftCreation) -> Result<NewCredential, PasskeyRefusal> {
    register_json(&creation.json(), true)
}

fn register_json(json: &Value, needs_verification: bool) -> Result<NewCredential, PasskeyRefusal> {
    RegistrationResponse::read(json)?.verify(&party(), &challenge(1), needs_verification)
}

fn assert_used(
    credential: &NewCredential,
    assertion: &SoftAssertion<'_>,
    counter: u32,
) -> Result<Asserted, PasskeyRefusal> {
    assert_json(credential, &assertion.json(), counter, true)
}

fn assert_json(
    credential: &NewCredential,
    json: &Value,
    counter: u32,
    needs_verification: bool,
) -> Result<Asserted, PasskeyRefusal> {
    let user_handle = UserHandle::from_bytes(b"the handle of john").unwrap();
    let stored = StoredCredential {
        key: &credential.key,
        user_handle: &user_handle,
        is_eligible: credential.backup.is_eligible,
        counter,
    };
    AssertionResponse::read(json)?.verify(&party(), &challenge(2), stored, needs_verification)
}
