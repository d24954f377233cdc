//! Realms: separate populations of users, with their own keys and settings.

mod decoy;
mod openid;
mod policy;
mod signup;

pub use decoy::Decoy;
pub use openid::OpenId;
pub use policy::RealmPolicy;
pub use signup::{Signup, SignupField};

use crate::{id::RealmName, seal::RealmKeys};

/// A realm that accepts requests.
#[derive(Debug)]
pub struct Realm {
    /// Name in paths and tokens.
    pub name: RealmName,
    /// Keys derived from the realm's root key.
    pub keys: RealmKeys,
    pub policy: RealmPolicy,
    pub decoy: Decoy,
}
