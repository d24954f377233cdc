//! A realm: one separate population of users, with its own keys.

use crate::{
    account::Envelope,
    ctx::Ctx,
    id::{RealmName, UserId},
    seal::RealmKeys,
};

/// A realm that is open for business: its name and the keys that only it uses.
#[derive(Debug)]
pub struct Realm {
    /// The name, as in paths and tokens.
    pub name: RealmName,
    /// The keys derived from the realm's root.
    pub keys: RealmKeys,
    /// Opened where there is nobody, so that this takes as long as anybody's.
    pub nobody: Decoy,
}

/// The vault of no user.
#[derive(Debug)]
pub struct Decoy {
    /// Whose it would be.
    pub id: UserId,
    /// Holds a hash that is no password's.
    pub envelope: Envelope,
}

impl Decoy {
    /// Somebody else at each start.
    #[must_use]
    pub fn new(ctx: &Ctx, keys: &RealmKeys) -> Self {
        let id = UserId::random(ctx.random());
        Self { envelope: Envelope::decoy(ctx, keys, &id), id }
    }
}
