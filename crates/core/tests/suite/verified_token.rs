//! Tokens that were verified before are rejected in the same way as others.

use std::time::Duration;

use portcullis_core::{
    account::email::EmailAddress,
    clock::Timestamp,
    id::{SessionId, UserId},
    seal::Sealed,
    session::{Amr, Family, Session, SessionKind, TokenHash},
    token::{AccessTokens, Algorithm, BadToken, Keyring, SigningKey, TokenUser, new_private_key},
};

use crate::support::{ctx, ctx_at, realm};

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const NEXT_SECRET: &[u8] = b"the next secret of the same length...";

fn tokens(key: SigningKey) -> AccessTokens {
    AccessTokens {
        issuer: "https://auth.example.com/{realm}".to_owned(),
        audience: None,
        actor_issuer: "https://auth.example.com/admin".to_owned(),
        keys: Keyring::new(key, vec![]),
    }
}

fn issue(tokens: &AccessTokens, seed: u64) -> String {
    let ctx = ctx(seed);
    let user = TokenUser { email: &EmailAddress::parse("john@example.com").unwrap(), roles: &[] };
    let session = Session {
        realm: realm("User1"),
        id: SessionId::random(ctx.random()),
        user: UserId::parse("john").unwrap(),
        auth_time: ctx.now,
        amr: vec![Amr::Password],
        kind: SessionKind::Api,
        impersonator: None,
        client: Sealed::from_bytes(vec![]),
        created_at: ctx.now,
        expires_at: ctx.now.plus(Duration::from_secs(90 * 86_400)),
        family: Family { current: TokenHash([0; 32]), previous: None, rotated_at: ctx.now, idle_until: ctx.now },
        grant: None,
    };
    tokens.issue(&ctx, &session, user, Duration::from_secs(1800)).unwrap().expose().to_owned()
}

fn verify(tokens: &AccessTokens, token: &str) -> Result<(), BadToken> {
    tokens.verify(&ctx(1), &realm("User1"), token).map(|_| ())
}

fn key_pair() -> SigningKey {
    let pkcs8 = new_private_key(Algorithm::Es256).unwrap();
    SigningKey::from_pkcs8("first".to_owned(), Algorithm::Es256, &pkcs8).unwrap()
}

#[test]
fn it_proves_the_same_as_the_replaced_token() {
    for key in [SigningKey::hs256(SECRET), key_pair()] {
        let tokens = tokens(key);
        let (one, other) = (issue(&tokens, 1), issue(&tokens, 2));
        let prove = |token: &str| tokens.verify(&ctx(1), &realm("User1"), token).unwrap();
        let first = [prove(&one), prove(&other)];
        assert_ne!(first[0].session, first[1].session);
        for _ in 0..3 {
            let again = [prove(&one), prove(&other)];
            assert_eq!(again.map(|proof| proof.session), first.clone().map(|proof| proof.session));
        }
    }
}

#[test]
fn it_expires_to_the_millisecond() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let token = issue(&tokens, 1);
    let begin = ctx(1).now;
    let at = |millis: i64| {
        let now = Timestamp::from_millis(begin.millis() + millis);
        tokens.verify(&ctx_at(1, now), &realm("User1"), &token)
    };
    assert!(at(0).is_ok());
    assert!(at(-5_000).is_ok() && at(1_804_999).is_ok());
    assert!(matches!(at(1_805_000), Err(BadToken::Time)));
    assert!(matches!(at(-5_001), Err(BadToken::Time)), "a clock that was set back");
    assert!(at(0).is_ok());
}

#[test]
fn it_is_rejected_in_another_realm() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let token = issue(&tokens, 1);
    verify(&tokens, &token).unwrap();
    for elsewhere in ["User2", "User", "User11"] {
        assert!(matches!(tokens.verify(&ctx(1), &realm(elsewhere), &token), Err(BadToken::Elsewhere)), "{elsewhere}");
    }
    verify(&tokens, &token).unwrap();
}

#[test]
fn it_is_rejected_once_its_key_is_gone() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let token = issue(&tokens, 1);
    verify(&tokens, &token).unwrap();

    tokens.keys.replace(SigningKey::hs256(NEXT_SECRET), vec![SigningKey::hs256(SECRET)]);
    verify(&tokens, &token).unwrap();
    tokens.keys.replace(SigningKey::hs256(NEXT_SECRET), vec![]);
    assert!(matches!(verify(&tokens, &token), Err(BadToken::Form)));
    let newer = issue(&tokens, 2);
    verify(&tokens, &newer).unwrap();

    tokens.keys.replace(key_pair(), vec![]);
    assert!(verify(&tokens, &token).is_err() && verify(&tokens, &newer).is_err());
    let signed = issue(&tokens, 3);
    verify(&tokens, &signed).unwrap();
    tokens.keys.replace(SigningKey::hs256(SECRET), vec![]);
    assert!(verify(&tokens, &signed).is_err());
    verify(&tokens, &token).unwrap();
}

#[test]
fn a_token_that_differs_in_any_character_is_verified_itself() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let token = issue(&tokens, 1);
    verify(&tokens, &token).unwrap();
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed.replace_range(at..=at, if token.as_bytes()[at] == b'A' { "B" } else { "A" });
        assert!(verify(&tokens, &changed).is_err(), "character {at}");
    }
    for changed in [format!("{token}="), format!("{token} "), token.to_uppercase(), token[1..].to_owned()] {
        assert!(verify(&tokens, &changed).is_err(), "{changed}");
    }
    verify(&tokens, &token).unwrap();
}

#[test]
fn a_rejected_token_is_not_kept() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let foreign = issue(&self::tokens(SigningKey::hs256(NEXT_SECRET)), 1);
    let late = ctx(1).now.plus(Duration::from_secs(3600));
    for _ in 0..2 {
        assert!(verify(&tokens, &foreign).is_err());
        assert!(tokens.verify(&ctx_at(1, late), &realm("User1"), &issue(&tokens, 1)).is_err());
        assert!(tokens.verify(&ctx(1), &realm("User2"), &issue(&tokens, 1)).is_err());
    }
    assert_eq!(kept(&tokens), 0);
}

#[test]
fn the_number_of_kept_tokens_is_bounded_and_those_in_use_stay() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let used = issue(&tokens, 0);
    for seed in 1..=30_000 {
        verify(&tokens, &issue(&tokens, seed)).unwrap();
        if seed % 1000 == 0 {
            verify(&tokens, &used).unwrap();
        }
    }
    assert!((10_000..=28_672).contains(&kept(&tokens)), "{}", kept(&tokens));
    let before = kept(&tokens);
    verify(&tokens, &used).unwrap();
    assert_eq!(kept(&tokens), before, "it was kept");
}

#[test]
fn nothing_that_is_printed_has_a_token() {
    let tokens = tokens(SigningKey::hs256(SECRET));
    let token = issue(&tokens, 1);
    verify(&tokens, &token).unwrap();
    let printed = format!("{tokens:?}");
    assert!(token.split('.').all(|part| !printed.contains(part)), "{printed}");
}

/// Returns the number of cached tokens.
fn kept(tokens: &AccessTokens) -> usize {
    let printed = format!("{tokens:?}");
    let (_, rest) = printed.split_once("VerifiedTokens(").unwrap();
    rest.split_once(')').unwrap().0.parse().unwrap()
}
