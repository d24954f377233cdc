use portcullis_core::{id::SessionId, token::RefreshToken};
use proptest::prelude::*;

use crate::support::{ctx, keys};

fn first(seed: u64) -> RefreshToken {
    RefreshToken::first(&ctx(seed), &keys("User1", 1), &SessionId::parse("session").unwrap())
}

#[test]
fn a_token_parses_in_its_own_realm_only() {
    let token = first(1);
    let read = RefreshToken::parse(&keys("User1", 1), &token.expose()).unwrap();
    assert_eq!(read.hash(), token.hash());
    assert_eq!(read.session().as_str(), "session");
    assert!(RefreshToken::parse(&keys("User2", 1), &token.expose()).is_none());
}

#[test]
fn the_successor_is_deterministic_and_requires_the_key() {
    let (token, here) = (first(1), keys("User1", 1));
    let (one, again) = (token.successor(&here), token.successor(&here));
    assert_eq!(*one.expose(), *again.expose());
    assert_ne!(one.hash(), token.hash());
    assert_ne!(*one.successor(&here).expose(), *one.expose());
    assert_ne!(*token.successor(&keys("User1", 2)).expose(), *one.expose());
}

#[test]
fn a_token_is_never_printed() {
    let token = first(1);
    let secret = token.expose().split_once('.').unwrap().1.to_owned();
    assert!(!format!("{token:?}").contains(&secret));
}

proptest! {
    #[test]
    fn a_token_that_was_never_issued_does_not_parse(raw in any::<String>(), bytes: [u8; 32]) {
        let keys = keys("User1", 1);
        prop_assert!(RefreshToken::parse(&keys, &raw).is_none());
        let forged = format!("session.{}", data_encoding::BASE64URL_NOPAD.encode(&bytes));
        prop_assert!(RefreshToken::parse(&keys, &forged).is_none());
    }
}
