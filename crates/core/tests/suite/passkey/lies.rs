//! Forged authenticator responses, one for each check.

use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    factor::passkey::{CredentialKey, KeyAlgorithm, NewCredential, PasskeyRefusal as Refusal},
    suite::authenticator::{
        ATTESTED_DATA, BACKED_UP, BACKUP_ELIGIBLE, CborValue as Cbor, EXTENSIONS, SoftAssertion, SoftCreation,
        SoftPasskey, USER_PRESENT, USER_VERIFIED, cose, encode,
    },
};
use serde_json::{Value, json};

use super::{assert_json, assert_used, challenge, passkey, register, register_json};

fn made(lie: impl FnOnce(&mut SoftCreation)) -> Result<NewCredential, Refusal> {
    let mut creation = passkey(KeyAlgorithm::Es256).made(&challenge(1).to_text());
    lie(&mut creation);
    register(&creation)
}

fn used(lie: impl FnOnce(&mut SoftAssertion<'_>)) -> Result<(), Refusal> {
    let passkey = passkey(KeyAlgorithm::Es256);
    used_of(&passkey, lie)
}

fn used_of(passkey: &SoftPasskey, lie: impl FnOnce(&mut SoftAssertion<'_>)) -> Result<(), Refusal> {
    let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
    let mut assertion = passkey.used(&challenge(2).to_text());
    lie(&mut assertion);
    assert_used(&credential, &assertion, 0).map(drop)
}

#[test]
fn an_honest_authenticator_of_each_algorithm_is_accepted() {
    for algorithm in KeyAlgorithm::ALL {
        let passkey = passkey(algorithm);
        let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
        assert_eq!(credential.key.algorithm(), algorithm);
        assert_eq!(credential.id.as_bytes(), passkey.id);
        assert_eq!(credential.transports, ["internal", "hybrid"]);
        assert!(credential.backup.is_eligible && credential.backup.is_backed_up);
        let asserted = assert_used(&credential, &passkey.used(&challenge(2).to_text()), 0).unwrap();
        assert!(asserted.is_verified);
        // The key of another credential verifies nothing.
        let other = super::passkey(algorithm);
        let other = register(&other.made(&challenge(1).to_text())).unwrap();
        let refused = assert_used(&other, &passkey.used(&challenge(2).to_text()), 0);
        assert_eq!(refused, Err(Refusal::Signature));
    }
}

#[test]
fn the_type_is_that_of_the_ceremony() {
    for word in ["webauthn.get", "webauthn.Create", "payment.get", ""] {
        assert_eq!(made(|lie| lie.client["type"] = word.into()), Err(Refusal::Type));
    }
    assert_eq!(used(|lie| lie.client["type"] = "webauthn.create".into()), Err(Refusal::Type));
}

#[test]
fn the_challenge_is_the_one_that_was_given_out() {
    let others = [challenge(9).to_text(), challenge(1).to_text() + "=", String::new(), "A".repeat(42), "*".repeat(43)];
    for other in others {
        assert_eq!(made(|lie| lie.client["challenge"] = other.as_str().into()), Err(Refusal::Challenge));
        assert_eq!(used(|lie| lie.client["challenge"] = other.as_str().into()), Err(Refusal::Challenge));
    }
}

#[test]
fn the_origin_is_exactly_one_of_the_servers() {
    for origin in [
        "https://evil.example",
        "https://accounts.example.com.evil.example",
        "https://evil.accounts.example.com",
        "http://accounts.example.com",
        "https://accounts.example.com:8443",
        "https://accounts.example.com/",
        "https://ACCOUNTS.example.com",
        "null",
        "",
    ] {
        assert_eq!(made(|lie| lie.client["origin"] = origin.into()), Err(Refusal::Origin), "{origin}");
        assert_eq!(used(|lie| lie.client["origin"] = origin.into()), Err(Refusal::Origin), "{origin}");
    }
    // The related origin is one of them.
    made(|lie| lie.client["origin"] = "https://example.org".into()).unwrap();
    used(|lie| lie.client["origin"] = "https://example.org".into()).unwrap();
}

#[test]
fn the_ceremony_is_in_no_frame_of_another_origin() {
    assert_eq!(made(|lie| lie.client["crossOrigin"] = true.into()), Err(Refusal::CrossOrigin));
    assert_eq!(used(|lie| lie.client["crossOrigin"] = true.into()), Err(Refusal::CrossOrigin));
    for top in [json!("https://evil.example"), json!("https://accounts.example.com"), Value::Null, json!(7)] {
        assert_eq!(made(|lie| lie.client["topOrigin"] = top.clone()), Err(Refusal::CrossOrigin), "{top}");
        assert_eq!(used(|lie| lie.client["topOrigin"] = top.clone()), Err(Refusal::CrossOrigin), "{top}");
    }
    assert_eq!(made(|lie| lie.client["crossOrigin"] = "true".into()), Err(Refusal::Malformed));
    // Browsers add members, and may omit this one.
    made(|lie| lie.client = json!({"more": 1, "type": lie.client["type"], "challenge": lie.client["challenge"], "origin": lie.client["origin"]})).unwrap();
}

#[test]
fn the_hash_is_that_of_the_relying_party() {
    assert_eq!(made(|lie| lie.data.hash = vec![7; 32]), Err(Refusal::RelyingParty));
    assert_eq!(used(|lie| lie.data.hash[31] ^= 1), Err(Refusal::RelyingParty));
}

#[test]
fn the_user_is_present() {
    assert_eq!(made(|lie| lie.data.flags &= !USER_PRESENT), Err(Refusal::UserPresence));
    assert_eq!(used(|lie| lie.data.flags &= !USER_PRESENT), Err(Refusal::UserPresence));
}

#[test]
fn the_user_is_verified_for_a_login_and_need_not_be_for_a_second_factor() {
    assert_eq!(made(|lie| lie.data.flags &= !USER_VERIFIED), Err(Refusal::UserVerification));
    assert_eq!(used(|lie| lie.data.flags &= !USER_VERIFIED), Err(Refusal::UserVerification));
    let mut key = passkey(KeyAlgorithm::Es256);
    key.flags = USER_PRESENT;
    let credential = register_json(&key.made(&challenge(1).to_text()).json(), false).unwrap();
    let asserted = assert_json(&credential, &key.used(&challenge(2).to_text()).json(), 0, false).unwrap();
    assert!(!asserted.is_verified);
}

#[test]
fn only_an_eligible_credential_is_backed_up_and_eligibility_stays() {
    assert_eq!(made(|lie| lie.data.flags &= !BACKUP_ELIGIBLE), Err(Refusal::Backup));
    assert_eq!(used(|lie| lie.data.flags &= !BACKUP_ELIGIBLE), Err(Refusal::Backup));
    assert_eq!(used(|lie| lie.data.flags &= !(BACKUP_ELIGIBLE | BACKED_UP)), Err(Refusal::Backup));
    let mut bound = passkey(KeyAlgorithm::Es256);
    bound.flags = USER_PRESENT | USER_VERIFIED;
    assert_eq!(used_of(&bound, |lie| lie.data.flags |= BACKUP_ELIGIBLE), Err(Refusal::Backup));
    // The backup state may change.
    used(|lie| lie.data.flags &= !BACKED_UP).unwrap();
}

#[test]
fn attested_data_are_there_at_a_registration_and_not_after() {
    assert_eq!(
        made(|lie| {
            lie.data.flags &= !ATTESTED_DATA;
            lie.data.attested = Vec::new();
        }),
        Err(Refusal::AttestedData)
    );
    for length in [0, 15, 17, 20] {
        assert_eq!(made(|lie| lie.data.attested.truncate(length)), Err(Refusal::AttestedData), "{length}");
    }
    let attested = passkey(KeyAlgorithm::Es256).made(&challenge(1).to_text()).data.attested;
    let refused = used(|lie| {
        lie.data.flags |= ATTESTED_DATA;
        lie.data.attested = attested.clone();
    });
    assert_eq!(refused, Err(Refusal::AttestedData));
}

#[test]
fn extensions_are_a_map_and_nothing_follows() {
    let map = encode(&Cbor::Map(vec![(Cbor::Text("credProtect".to_owned()), 2.into())]));
    let with = |extensions: &[u8]| {
        let extensions = extensions.to_vec();
        move |data: &mut portcullis_core::suite::authenticator::SoftData| {
            data.flags |= EXTENSIONS;
            data.extensions = extensions;
        }
    };
    made(|lie| with(&map)(&mut lie.data)).unwrap();
    used(|lie| with(&map)(&mut lie.data)).unwrap();
    for wrong in [encode(&Cbor::Array(Vec::new())), vec![0xff], Vec::new(), vec![0xa1, 0x01]] {
        assert_eq!(made(|lie| with(&wrong)(&mut lie.data)), Err(Refusal::Extensions), "{wrong:?}");
        assert_eq!(used(|lie| with(&wrong)(&mut lie.data)), Err(Refusal::Extensions), "{wrong:?}");
    }
    assert_eq!(made(|lie| lie.data.trailing = vec![0]), Err(Refusal::TrailingBytes));
    assert_eq!(made(|lie| lie.trailing = vec![0]), Err(Refusal::TrailingBytes));
    assert_eq!(used(|lie| lie.data.trailing = map.clone()), Err(Refusal::TrailingBytes));
    // The flag without extensions, and extensions without the flag.
    assert_eq!(used(|lie| lie.data.flags |= EXTENSIONS), Err(Refusal::Extensions));
    assert_eq!(used(|lie| lie.data.extensions = map.clone()), Err(Refusal::TrailingBytes));
}

#[test]
fn the_identifier_has_1_to_1023_bytes_and_is_that_of_the_attested_data() {
    let with = |length: usize| {
        let mut passkey = passkey(KeyAlgorithm::Es256);
        passkey.id = vec![7; length];
        register(&passkey.made(&challenge(1).to_text()))
    };
    assert_eq!(with(1).unwrap().id.as_bytes().len(), 1);
    assert_eq!(with(1023).unwrap().id.as_bytes().len(), 1023);
    assert_eq!(with(0), Err(Refusal::CredentialId));
    assert_eq!(with(1024), Err(Refusal::CredentialId));
    assert_eq!(made(|lie| lie.id = vec![7; 32]), Err(Refusal::CredentialId));
    let mut json = passkey(KeyAlgorithm::Es256).made(&challenge(1).to_text()).json();
    json["rawId"] = "AAAA".into();
    assert_eq!(register_json(&json, true), Err(Refusal::CredentialId));
}

#[test]
fn the_user_handle_is_the_owners() {
    let other = BASE64URL_NOPAD.encode(b"the handle of jane");
    assert_eq!(used(|lie| lie.user_handle = Some(other)), Err(Refusal::UserHandle));
    assert_eq!(used(|lie| lie.user_handle = Some("A".repeat(100))), Err(Refusal::UserHandle));
    used(|lie| lie.user_handle = None).unwrap();
    used(|lie| lie.user_handle = Some(String::new())).unwrap();
}

#[test]
fn the_signature_covers_the_sent_bytes() {
    assert_eq!(used(|lie| lie.signature = Some(Vec::new())), Err(Refusal::Signature));
    assert_eq!(used(|lie| lie.signature = Some(vec![0; 64])), Err(Refusal::Signature));
    let passkey = passkey(KeyAlgorithm::Es256);
    let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
    let mut later = passkey.used(&challenge(2).to_text());
    later.data.counter = 7;
    let mut json = passkey.used(&challenge(2).to_text()).json();
    json["response"]["authenticatorData"] = later.json()["response"]["authenticatorData"].clone();
    assert_eq!(assert_json(&credential, &json, 0, true), Err(Refusal::Signature));
}

#[test]
fn the_counter_grows_unless_the_credential_is_eligible_for_a_backup() {
    let mut bound = passkey(KeyAlgorithm::Es256);
    bound.flags = USER_PRESENT | USER_VERIFIED;
    let credential = register(&bound.made(&challenge(1).to_text())).unwrap();
    let mut at = |counter: u32, stored: u32| {
        bound.counter = counter;
        assert_used(&credential, &bound.used(&challenge(2).to_text()), stored).map(|asserted| asserted.counter)
    };
    assert_eq!((at(0, 0), at(1, 0), at(9, 8)), (Ok(0), Ok(1), Ok(9)));
    for (counter, stored) in [(8, 8), (7, 8), (0, 8)] {
        assert_eq!(at(counter, stored), Err(Refusal::Counter));
    }
    // Each copy has its own counter.
    let synced = passkey(KeyAlgorithm::Es256);
    let credential = register(&synced.made(&challenge(1).to_text())).unwrap();
    assert_used(&credential, &synced.used(&challenge(2).to_text()), 8).unwrap();
}

#[test]
fn the_algorithm_was_offered() {
    for number in [-35, -36, -37, -65535, -19, -9, 0, 5] {
        let key = [(1, 2.into()), (3, number.into()), (-1, 1.into()), (-2, bytes(32)), (-3, bytes(32))];
        assert_eq!(CredentialKey::parse(&cose(&key)), Err(Refusal::Algorithm), "{number}");
    }
    let without = [(1, 2.into()), (-1, 1.into()), (-2, bytes(32)), (-3, bytes(32))];
    assert_eq!(CredentialKey::parse(&cose(&without)), Err(Refusal::Algorithm));
}

fn bytes(length: usize) -> Cbor {
    Cbor::Bytes(vec![7; length])
}

/// Returns the parameters of a key, to be replaced.
fn parameters(algorithm: KeyAlgorithm) -> Vec<(i64, Cbor)> {
    let key: Cbor = coset::cbor::de::from_reader(&*passkey(algorithm).cose()).unwrap();
    let map = key.into_map().unwrap().into_iter();
    map.map(|(label, value)| (i128::from(label.as_integer().unwrap()).try_into().unwrap(), value)).collect()
}

fn with(algorithm: KeyAlgorithm, label: i64, value: Cbor) -> Vec<u8> {
    let replaced =
        parameters(algorithm).into_iter().map(|(found, old)| (found, if found == label { value.clone() } else { old }));
    cose(&replaced.collect::<Vec<_>>())
}

#[test]
fn the_key_has_the_type_curve_and_length_of_its_algorithm_and_is_on_the_curve() {
    use KeyAlgorithm::{EdDsa, Es256, Rs256};
    for algorithm in KeyAlgorithm::ALL {
        CredentialKey::parse(&cose(&parameters(algorithm))).unwrap();
        for length in 0..parameters(algorithm).len() {
            let mut fewer = parameters(algorithm);
            let (label, _) = fewer.remove(length);
            assert!(CredentialKey::parse(&cose(&fewer)).is_err(), "{algorithm:?} without {label}");
        }
        let twice = [parameters(algorithm), parameters(algorithm)].concat();
        assert_eq!(CredentialKey::parse(&cose(&twice)), Err(Refusal::Key));
        let longer = [cose(&parameters(algorithm)), vec![0]].concat();
        assert_eq!(CredentialKey::parse(&longer), Err(Refusal::Key));
    }
    let modulus = |length: usize, first: u8, last: u8| {
        let mut bytes = vec![0xa5; length];
        (bytes[0], bytes[length - 1]) = (first, last);
        Cbor::Bytes(bytes)
    };
    for (algorithm, label, value) in [
        (Es256, 1, 1.into()),
        (Es256, 1, 3.into()),
        (Es256, -1, 2.into()),
        (Es256, -1, 6.into()),
        (Es256, -2, bytes(31)),
        (Es256, -2, bytes(33)),
        (Es256, -3, bytes(33)),
        // A compressed point, and one that is not on the curve.
        (Es256, -3, true.into()),
        (Es256, -3, bytes(32)),
        (EdDsa, 1, 2.into()),
        (EdDsa, -1, 4.into()),
        (EdDsa, -1, 7.into()),
        (EdDsa, -2, bytes(31)),
        (EdDsa, -2, bytes(57)),
        (Rs256, 1, 2.into()),
        // 1,024 bits, 2,047 bits, leading zeros, too many bits, an even modulus.
        (Rs256, -1, modulus(128, 0xa5, 0xa5)),
        (Rs256, -1, modulus(256, 0x7f, 0xa5)),
        (Rs256, -1, modulus(257, 0, 0xa5)),
        (Rs256, -1, modulus(1025, 0xa5, 0xa5)),
        (Rs256, -1, bytes(0)),
        // Exponents that are invalid or even.
        (Rs256, -2, Cbor::Bytes(vec![1])),
        (Rs256, -2, Cbor::Bytes(vec![2])),
        (Rs256, -2, Cbor::Bytes(vec![0, 3])),
        (Rs256, -2, bytes(0)),
    ] {
        let name = format!("{algorithm:?} {label} {value:?}");
        assert_eq!(CredentialKey::parse(&with(algorithm, label, value)), Err(Refusal::Key), "{name}");
    }
}

#[test]
fn the_public_key_comes_from_the_authenticator_data_only() {
    let [passkey, other] = [0, 1].map(|_| passkey(KeyAlgorithm::Es256));
    let mut json = passkey.made(&challenge(1).to_text()).json();
    json["response"]["publicKey"] = BASE64URL_NOPAD.encode(&other.cose()).into();
    json["response"]["authenticatorData"] = "AAAA".into();
    json["response"]["publicKeyAlgorithm"] = (-257).into();
    let credential = register_json(&json, true).unwrap();
    assert_used(&credential, &passkey.used(&challenge(2).to_text()), 0).unwrap();
}

#[test]
fn the_attestation_is_not_evaluated() {
    let statement = Cbor::Map(vec![(Cbor::Text("sig".to_owned()), Cbor::Bytes(vec![0; 8]))]);
    made(|lie| (lie.format, lie.statement) = (Cbor::Text("packed".to_owned()), statement)).unwrap();
    assert_eq!(made(|lie| lie.statement = Cbor::Null), Err(Refusal::Malformed));
    assert_eq!(made(|lie| lie.format = 7.into()), Err(Refusal::Malformed));
}

#[test]
fn a_response_of_another_form_is_rejected() {
    let right = passkey(KeyAlgorithm::Es256).made(&challenge(1).to_text()).json();
    register_json(&right, true).unwrap();
    for (pointer, value) in [
        ("/type", json!("public_key")),
        ("/id", json!(7)),
        ("/rawId", Value::Null),
        ("/clientExtensionResults", json!([])),
        ("/response", json!([])),
        ("/response/clientDataJSON", json!("e30")),
        ("/response/clientDataJSON", json!("e30=")),
        ("/response/clientDataJSON", json!("//8")),
        ("/response/attestationObject", json!("")),
        ("/response/attestationObject", json!("9/9")),
        ("/response/transports", json!("usb")),
    ] {
        let mut json = right.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        assert_eq!(register_json(&json, true), Err(Refusal::Malformed), "{pointer}");
    }
    for json in [Value::Null, json!({}), json!([]), json!("text"), json!(7)] {
        assert_eq!(register_json(&json, true), Err(Refusal::Malformed));
    }
    // Invalid transport names are dropped, unknown ones are kept.
    let mut json = right;
    json["response"]["transports"] = json!(["usb", "smart-card", "", "<b>", "x".repeat(40), "new9"]);
    json.as_object_mut().unwrap().remove("clientExtensionResults");
    assert_eq!(register_json(&json, true).unwrap().transports, ["usb", "smart-card", "new9"]);
}

/// `credProps` reports whether a passkey is discoverable. Browsers may omit it or report a wrong value.
#[test]
fn nothing_depends_on_the_reported_extensions() {
    let passkey = passkey(KeyAlgorithm::Es256);
    let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
    let asserted = assert_used(&credential, &passkey.used(&challenge(2).to_text()), 0).unwrap();
    for said in [
        json!({"credProps": {"rk": true}}),
        json!({"credProps": {"rk": false}}),
        json!({"credProps": {}}),
        json!({"credProps": null, "appid": true, "prf": {"enabled": false}}),
        json!({"credProps": "rk"}),
        Value::Null,
    ] {
        let mut made = passkey.made(&challenge(1).to_text()).json();
        made["clientExtensionResults"] = said.clone();
        assert_eq!(register_json(&made, true).as_ref(), Ok(&credential), "{said}");
        let mut used = passkey.used(&challenge(2).to_text()).json();
        used["clientExtensionResults"] = said.clone();
        assert_eq!(assert_json(&credential, &used, 0, true).as_ref(), Ok(&asserted), "{said}");
    }
}

/// None of it may reach a log.
#[test]
fn what_names_a_person_is_not_printed() {
    let passkey = passkey(KeyAlgorithm::Es256);
    let credential = register(&passkey.made(&challenge(1).to_text())).unwrap();
    let printed = format!("{credential:?}");
    assert!(printed.contains("CredentialId(…)") && printed.contains("CredentialKey(Es256)"), "{printed}");
}
