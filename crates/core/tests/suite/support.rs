use std::sync::Arc;

use portcullis_core::{
    Ctx,
    clock::{ManualClock, Timestamp},
    ctx::Client,
    id::RealmName,
    random::SeededRandom,
    seal::{RealmKeys, RootKey},
};

pub fn ctx(seed: u64) -> Ctx {
    ctx_at(seed, Timestamp::from_secs(1_767_225_600))
}

pub fn ctx_at(seed: u64, now: Timestamp) -> Ctx {
    Ctx::new(&ManualClock::at(now), Arc::new(SeededRandom::new(seed)), Client::default())
}

pub fn realm(name: &str) -> RealmName {
    RealmName::parse(name).unwrap()
}

/// Realm keys from a random root key.
pub fn keys(name: &str, seed: u64) -> RealmKeys {
    RealmKeys::derive(realm(name), &RootKey::random(&ctx(seed)))
}
