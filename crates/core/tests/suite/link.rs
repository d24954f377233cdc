use data_encoding::BASE64URL_NOPAD;
use portcullis_core::{
    id::ChallengeId,
    link::{Act, LinkToken},
};
use proptest::prelude::*;

use crate::support::keys;

const CHALLENGE: ChallengeId = ChallengeId([7; 16]);

#[test]
fn a_token_leads_back_to_its_challenge_for_its_own_act_only() {
    let keys = keys("User1", 1);
    let token = LinkToken::derive(&keys, Act::Verify, CHALLENGE);
    assert_eq!(LinkToken::open(&keys, Act::Verify, token.expose()), Some(CHALLENGE));
    assert_eq!(LinkToken::open(&keys, Act::Claim, token.expose()), None);
    assert_eq!(LinkToken::open(&keys, Act::Disown, token.expose()), None);
}

#[test]
fn a_token_of_one_realm_is_worth_nothing_in_another() {
    let token = LinkToken::derive(&keys("User1", 1), Act::Verify, CHALLENGE);
    assert_eq!(LinkToken::open(&keys("User2", 1), Act::Verify, token.expose()), None);
}

#[test]
fn the_same_challenge_gives_the_same_token_every_time() {
    let keys = keys("User1", 1);
    let derive = || LinkToken::derive(&keys, Act::Verify, CHALLENGE);
    assert_eq!(derive().expose(), derive().expose());
}

#[test]
fn a_token_carries_128_bits_of_secret_and_is_never_printed() {
    let token = LinkToken::derive(&keys("User1", 1), Act::Verify, CHALLENGE);
    assert_eq!(BASE64URL_NOPAD.decode(token.expose().as_bytes()).unwrap().len(), 32);
    assert!(!format!("{token:?}").contains(token.expose()));
}

proptest! {
    #[test]
    fn a_forged_token_opens_nothing(raw in any::<String>(), bytes: [u8; 32]) {
        let keys = keys("User1", 1);
        prop_assert_eq!(LinkToken::open(&keys, Act::Verify, &raw), None);
        prop_assert_eq!(LinkToken::open(&keys, Act::Verify, &BASE64URL_NOPAD.encode(&bytes)), None);
    }
}
