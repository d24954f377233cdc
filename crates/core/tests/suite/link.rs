use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    id::{ChallengeId, UserId},
    link::{Challenge, LinkAction, LinkToken, PresentedToken, Purpose},
    seal::RealmKeys,
};
use proptest::prelude::*;

use crate::support::{ctx, keys, realm};

fn challenge() -> Challenge {
    let subject = UserId::parse("john").unwrap();
    Challenge::new(&ctx(1), &realm("User1"), Purpose::Registration, &subject, Duration::from_secs(60))
}

fn is_good(keys: &RealmKeys, act: LinkAction, challenge: &Challenge, token: &str) -> bool {
    PresentedToken::parse(token)
        .is_some_and(|token| token.challenge == challenge.id && token.proves(keys, act, challenge))
}

#[test]
fn a_token_proves_its_challenge_for_its_own_action_only() {
    let (keys, challenge) = (keys("User1", 1), challenge());
    let token = LinkToken::derive(&keys, LinkAction::Verify, &challenge);
    assert!(is_good(&keys, LinkAction::Verify, &challenge, token.expose()));
    assert!(!is_good(&keys, LinkAction::SetPassword, &challenge, token.expose()));
    assert!(!is_good(&keys, LinkAction::Reject, &challenge, token.expose()));
}

#[test]
fn a_token_of_one_realm_is_invalid_in_another() {
    let challenge = challenge();
    let token = LinkToken::derive(&keys("User1", 1), LinkAction::Verify, &challenge);
    assert!(!is_good(&keys("User2", 1), LinkAction::Verify, &challenge, token.expose()));
}

#[test]
fn a_challenge_that_was_redirected_to_another_user_proves_nothing() {
    let (keys, challenge) = (keys("User1", 1), challenge());
    let token = LinkToken::derive(&keys, LinkAction::SetPassword, &challenge);
    let turned = Challenge { subject: UserId::parse("jane").unwrap(), ..challenge };
    assert!(!is_good(&keys, LinkAction::SetPassword, &turned, token.expose()));
    let other = Challenge { id: ChallengeId([9; 16]), ..turned };
    assert!(!is_good(&keys, LinkAction::SetPassword, &other, token.expose()));
}

#[test]
fn the_same_challenge_gives_the_same_token_every_time() {
    let (keys, challenge) = (keys("User1", 1), challenge());
    let derive = || LinkToken::derive(&keys, LinkAction::Verify, &challenge);
    assert_eq!(derive().expose(), derive().expose());
}

#[test]
fn a_token_carries_128_bits_of_secret_and_is_never_printed() {
    let token = LinkToken::derive(&keys("User1", 1), LinkAction::Verify, &challenge());
    assert_eq!(BASE64URL_NOPAD.decode(token.expose().as_bytes()).unwrap().len(), 32);
    assert!(!format!("{token:?}").contains(token.expose()));
}

proptest! {
    #[test]
    fn a_forged_token_proves_nothing(raw in any::<String>(), mac: [u8; 16]) {
        let (keys, challenge) = (keys("User1", 1), challenge());
        prop_assert!(!is_good(&keys, LinkAction::Verify, &challenge, &raw));
        let forged = [challenge.id.0, mac].concat();
        prop_assert!(!is_good(&keys, LinkAction::Verify, &challenge, &BASE64URL_NOPAD.encode(&forged)));
    }
}
