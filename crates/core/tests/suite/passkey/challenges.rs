use std::time::Duration;

use portcullis_core::{
    clock::Timestamp,
    factor::{
        FactorName, Method,
        passkey::{
            CHALLENGE_TTL, ChallengePurpose, KeyAlgorithm, NewPasskey, Passkey, PasskeyChallenge, PasskeyUse,
            SpentChallenge, UserHandle,
        },
    },
    id::{ChallengeId, FactorId, UserId},
    record::{Record, RecordKeys},
    session::{Amr, Assurance},
};

use super::{RP_ID, challenge, passkey, register};
use crate::support::{ctx, keys, realm};

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

#[test]
fn a_challenge_is_valid_for_its_realm_its_purpose_and_five_minutes() {
    let (john, jane, ctx) = (user("john"), user("jane"), ctx(1));
    let (ticket, other) = (ChallengeId([1; 16]), ChallengeId([2; 16]));
    let purposes = [
        ChallengePurpose::Login,
        ChallengePurpose::Factor(ticket),
        ChallengePurpose::Factor(other),
        ChallengePurpose::Registration(PasskeyUse::Login, &john),
        ChallengePurpose::Registration(PasskeyUse::Login, &jane),
        ChallengePurpose::Registration(PasskeyUse::SecondFactor, &john),
        ChallengePurpose::Enrolment(PasskeyUse::Login, ticket),
        ChallengePurpose::Enrolment(PasskeyUse::SecondFactor, ticket),
        ChallengePurpose::Enrolment(PasskeyUse::Login, other),
    ];
    let (here, there) = (keys("User1", 1), keys("User2", 1));
    for purpose in purposes {
        let challenge = PasskeyChallenge::issue(&ctx, &here, purpose);
        assert_eq!(PasskeyChallenge::parse(&challenge.to_text()), Some(challenge));
        for other in purposes {
            assert_eq!(challenge.is_valid(&here, other, ctx.now), purpose == other, "{purpose:?} as {other:?}");
        }
        assert!(!challenge.is_valid(&there, purpose, ctx.now));
        let at = |after: Duration| challenge.is_valid(&here, purpose, ctx.now.plus(after));
        assert!(at(CHALLENGE_TTL - Duration::from_millis(1)) && !at(CHALLENGE_TTL));
        // The clock of another server may be behind.
        let before = Timestamp::from_millis(ctx.now.millis() - 2000);
        assert!(challenge.is_valid(&here, purpose, before));
        for byte in 0..32 {
            let mut forged = *challenge.as_bytes();
            forged[byte] ^= 1;
            let forged = PasskeyChallenge::from_bytes(&forged).unwrap();
            assert!(!forged.is_valid(&here, purpose, ctx.now), "byte {byte}");
        }
        assert_ne!(challenge, PasskeyChallenge::issue(&ctx, &here, purpose), "it is random");
    }
}

#[test]
fn a_user_handle_is_the_users_in_one_realm_and_cannot_be_forged() {
    let (here, there) = (keys("User1", 1), keys("User2", 1));
    let handle = UserHandle::of(&here, &user("john"));
    assert_eq!(handle, UserHandle::of(&here, &user("john")));
    assert!(handle != UserHandle::of(&here, &user("jane")) && handle != UserHandle::of(&there, &user("john")));
    assert!(handle.is_of(&here) && !handle.is_of(&there));
    let bytes = data_encoding::BASE64URL_NOPAD.decode(handle.to_text().as_bytes()).unwrap();
    assert_eq!(bytes.len(), 32);
    for byte in 0..32 {
        let mut forged = bytes.clone();
        forged[byte] ^= 1;
        assert!(!UserHandle::from_bytes(&forged).unwrap().is_of(&here));
    }
    // Imported handles have another format.
    assert!(!UserHandle::from_bytes(b"imported").unwrap().is_of(&here));
    assert!(UserHandle::from_bytes(&[0; 65]).is_none() && UserHandle::from_bytes(&[]).is_none());
}

#[test]
fn what_is_stored_of_a_passkey_opens_as_it_was() {
    let (ctx, keys) = (ctx(1), keys("User1", 1));
    let (key, _) = keys.new_data_key(&ctx, &user("john"));
    for algorithm in KeyAlgorithm::ALL {
        let credential = register(&passkey(algorithm).made(&challenge(1).to_text())).unwrap();
        let of = NewPasskey {
            id: FactorId::parse("factor").unwrap(),
            user: &user("john"),
            used_for: PasskeyUse::Login,
            rp_id: RP_ID,
            name: FactorName::parse("Laptop").unwrap(),
            since: 2,
            at: ctx.now,
        };
        let stored = Passkey::new(&keys, credential.clone(), of);
        let row = stored.seal(&ctx, &realm("User1"), RecordKeys::Owner(&key));
        assert_eq!(Passkey::open(&row, RecordKeys::Owner(&key)), Ok(stored.clone()));
        // The key reveals neither the credential nor the domain, and keys of one domain share a prefix.
        assert_eq!(row.key, Passkey::key_of(&keys, RP_ID, &credential.id));
        assert!(row.key.starts_with(&format!("{}-", Passkey::tag_of(RP_ID))) && row.key.len() == 73, "{}", row.key);
        assert!(!Passkey::key_of(&keys, "example.org", &credential.id).starts_with(&Passkey::tag_of(RP_ID)));
        let there = crate::support::keys("User2", 1);
        assert_ne!(row.key, Passkey::key_of(&there, RP_ID, &credential.id));
        assert_eq!(stored.amr(true), [Amr::SoftwareKey, Amr::User, Amr::Multi]);
    }
    let spent = SpentChallenge::new(&challenge(3), Some(FactorId::parse("factor").unwrap()));
    let row = spent.seal(&ctx, &realm("User1"), RecordKeys::Realm(&keys));
    assert_eq!(SpentChallenge::open(&row, RecordKeys::Realm(&keys)), Ok(spent));
}

#[test]
fn a_key_is_two_factors_and_resistant_to_phishing_only_with_another_proof_or_verification() {
    assert_eq!(Assurance::of(&[Amr::Password]), Assurance::OneFactor);
    assert_eq!(Assurance::of(&[Amr::Password, Amr::Otp, Amr::Multi]), Assurance::TwoFactors);
    assert_eq!(Assurance::of(&[Amr::HardwareKey, Amr::User, Amr::Multi]), Assurance::PhishingResistant);
    assert_eq!(Assurance::of(&[Amr::Password, Amr::SoftwareKey, Amr::Multi]), Assurance::PhishingResistant);
    let union = Amr::union(&[Amr::Multi, Amr::HardwareKey], &[Amr::Password, Amr::Multi]);
    assert_eq!(union, [Amr::Password, Amr::HardwareKey, Amr::Multi]);
    for method in Method::ALL {
        assert_eq!(Method::parse(method.as_str()), Some(method));
    }
    let name = |used_for, agent| FactorName::of_passkey(used_for, agent).as_str().to_owned();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    assert_eq!(name(PasskeyUse::Login, Some(firefox)), "Firefox on Linux");
    assert_eq!(name(PasskeyUse::Login, None), "Passkey");
    assert_eq!(name(PasskeyUse::SecondFactor, Some("curl/8")), "Security key");
}
