//! Test vectors of WebAuthn Level 3 §16 and others, read from the folder given by `PORTCULLIS_WEBAUTHN_VECTORS`: JSON
//! Lines files, each line with `name`, `rpId`, `origin`, `create` and `get`. Without the variable, nothing is tested.

use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use portcullis_core::factor::passkey::{
    AssertionResponse, PasskeyChallenge, PasskeyRefusal, RegistrationResponse, RelyingParty, StoredCredential,
    UserHandle,
};
use serde_json::{Value, json};

/// Ceremonies that must be rejected, with the expected reason.
const REFUSED: &[(&str, PasskeyRefusal)] = &[
    ("none-es256-crossOrigin", PasskeyRefusal::CrossOrigin),
    ("none-es256-topOrigin", PasskeyRefusal::CrossOrigin),
    // Algorithms that are not offered.
    ("packed-es384", PasskeyRefusal::Algorithm),
    // Its challenge also has 128 bytes.
    ("packed-es512", PasskeyRefusal::Challenge),
    ("packed-ed448", PasskeyRefusal::Algorithm),
];

/// Returns the identifier in the authenticator data of an attestation object.
fn credential_id(object: &Value) -> String {
    let object = BASE64URL_NOPAD.decode(object.as_str().unwrap().as_bytes()).unwrap();
    let object: coset::cbor::Value = coset::cbor::de::from_reader(&*object).unwrap();
    let map = object.into_map().unwrap();
    let data = map.into_iter().find(|(key, _)| key.as_text() == Some("authData")).unwrap().1.into_bytes().unwrap();
    let length = usize::from(u16::from_be_bytes([data[53], data[54]]));
    BASE64URL_NOPAD.encode(&data[55..55 + length])
}

fn ceremony(vector: &Value) -> Result<(), PasskeyRefusal> {
    let origins = vec![vector["origin"].as_str().unwrap().to_owned()];
    let party = RelyingParty { id: vector["rpId"].as_str().unwrap().to_owned(), origins, name: String::new() };
    let is_verified = vector["uv"] == true;
    let (create, get) = (&vector["create"], &vector["get"]);
    let challenge =
        |of: &Value| PasskeyChallenge::parse(of["challenge"].as_str().unwrap()).ok_or(PasskeyRefusal::Challenge);
    let id = credential_id(&create["attestationObject"]);
    let of = |response: &Value| json!({"id": id, "rawId": id, "type": "public-key", "response": response});
    let made = RegistrationResponse::read(&of(create))?.verify(&party, &challenge(create)?, is_verified)?;
    let user_handle = UserHandle::from_bytes(&[1]).unwrap();
    let stored = StoredCredential {
        key: &made.key,
        user_handle: &user_handle,
        is_eligible: made.backup.is_eligible,
        counter: made.counter,
    };
    AssertionResponse::read(&of(get))?.verify(&party, &challenge(get)?, stored, is_verified).map(drop)
}

#[test]
#[allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the vectors do not belong to the project")]
fn the_vectors_of_the_standard_are_accepted_or_rejected_as_the_policy_says() {
    let folder = std::env::vars_os().find(|(name, _)| name == "PORTCULLIS_WEBAUTHN_VECTORS");
    let Some((_, folder)) = folder else { return };
    let files = std::fs::read_dir(PathBuf::from(folder)).unwrap().map(|file| file.unwrap().path());
    let (mut accepted, mut refused) = (0, 0);
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let vector: Value = serde_json::from_str(line).unwrap();
            let name = vector["name"].as_str().unwrap();
            let expected = REFUSED.iter().find(|(known, _)| *known == name).map(|(_, why)| *why);
            assert_eq!(ceremony(&vector).err(), expected, "{name}");
            if expected.is_some() { refused += 1 } else { accepted += 1 }
        }
    }
    assert!(accepted > 0);
    println!("{accepted} ceremonies accepted, {refused} refused");
}
