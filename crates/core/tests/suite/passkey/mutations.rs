//! Ceremonies with random faults: none makes the relying party panic, and none is accepted with different data.
//! `PORTCULLIS_MUTATIONS` sets their number for long runs.

use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    factor::passkey::{AssertionResponse, CredentialKey, KeyAlgorithm, RegistrationResponse},
    random::{Random, SeededRandom},
};
use serde_json::Value;

use super::{assert_json, challenge, passkey, register, register_json};

/// Default number of mutations per ceremony.
const FEW: u64 = 2_000;

#[allow(clippy::disallowed_methods, reason = "for long runs only")]
fn times() -> u64 {
    std::env::vars().find(|(name, _)| name == "PORTCULLIS_MUTATIONS").map_or(FEW, |(_, value)| value.parse().unwrap())
}

/// Source of random choices.
struct Dice(SeededRandom);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_be_bytes(bytes) % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// Changes, removes, repeats or inserts bytes, up to four times.
    fn mutate(&self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => {
                    bytes[at] = [0x00, 0x01, 0x1f, 0x5f, 0x7f, 0x80, 0x9f, 0xbf, 0xff][self.below(9)]
                }
                2 if !bytes.is_empty() => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                4 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                _ => {
                    let copied: Vec<u8> = bytes.iter().skip(at).take(self.below(40)).copied().collect();
                    bytes.splice(at..at, copied);
                }
            }
        }
    }

    /// Mutates the bytes of one of these members of the response.
    fn mutated(&self, json: &Value, members: &[&str]) -> Value {
        let mut json = json.clone();
        let member = &mut json["response"][members[self.below(members.len())]];
        let mut bytes = BASE64URL_NOPAD.decode(member.as_str().unwrap().as_bytes()).unwrap();
        self.mutate(&mut bytes);
        *member = BASE64URL_NOPAD.encode(&bytes).into();
        json
    }
}

#[test]
fn no_fault_makes_it_panic_and_none_changes_what_is_accepted() {
    let dice = Dice(SeededRandom::new(20));
    for algorithm in KeyAlgorithm::ALL {
        let passkey = passkey(algorithm);
        let creation = passkey.made(&challenge(1).to_text()).json();
        let credential = register_json(&creation, true).unwrap();
        let assertion = passkey.used(&challenge(2).to_text()).json();
        assert_json(&credential, &assertion, 0, true).unwrap();
        for _ in 0..times() {
            // Faults in unsigned data, such as the AAGUID, may be accepted, but must not change the stored data.
            let faulty = dice.mutated(&creation, &["clientDataJSON", "attestationObject"]);
            if let Ok(accepted) = register_json(&faulty, true) {
                assert_eq!(accepted.id, credential.id);
                assert_eq!(accepted.key.algorithm(), algorithm);
            }
            let members = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
            let faulty = dice.mutated(&assertion, &members);
            if assert_json(&credential, &faulty, 0, true).is_ok() {
                // An empty user handle is treated as absent, and all other data is as signed.
                for member in &members[..2] {
                    assert_eq!(faulty["response"][member], assertion["response"][member]);
                }
            }
        }
    }
}

#[test]
fn random_bytes_are_rejected() {
    let dice = Dice(SeededRandom::new(21));
    let passkey = passkey(KeyAlgorithm::Es256);
    let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
    let (creation, assertion) =
        (passkey.made(&challenge(1).to_text()).json(), passkey.used(&challenge(2).to_text()).json());
    for _ in 0..times() {
        let mut bytes = vec![0; dice.below(400)];
        dice.0.fill(&mut bytes);
        let text: Value = BASE64URL_NOPAD.encode(&bytes).into();
        for member in ["clientDataJSON", "attestationObject"] {
            let mut json = creation.clone();
            json["response"][member] = text.clone();
            assert!(register_json(&json, false).is_err());
        }
        for member in ["clientDataJSON", "authenticatorData", "signature"] {
            let mut json = assertion.clone();
            json["response"][member] = text.clone();
            assert!(assert_json(&credential, &json, 0, false).is_err());
        }
        assert!(CredentialKey::parse(&bytes).is_err());
    }
}

/// Nesting depth and declared lengths exhaust neither the stack nor memory.
#[test]
fn deep_and_long_items_are_rejected_at_once() {
    for bytes in [
        vec![0x81; 60_000],
        vec![0xa1; 60_000],
        [vec![0xd8, 0x18], vec![0x9b; 30_000]].concat(),
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        vec![0x7f; 60_000],
        vec![0x5f; 60_000],
    ] {
        assert!(CredentialKey::parse(&bytes).is_err());
        let mut json = passkey(KeyAlgorithm::Es256).made(&challenge(1).to_text()).json();
        json["response"]["attestationObject"] = BASE64URL_NOPAD.encode(&bytes).into();
        assert!(register_json(&json, false).is_err());
    }
    let nested = (0..200).fold(Value::Null, |inner, _| serde_json::json!([inner]));
    assert!(RegistrationResponse::read(&nested).is_err() && AssertionResponse::read(&nested).is_err());
}
