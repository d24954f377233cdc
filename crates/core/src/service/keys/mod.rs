//! Root keys of the realms, and signing keys.

mod realms;
mod signing_keys;
mod signing_states;

pub use realms::{OpenRealmsError, check_encryption_keys};
pub use signing_keys::reseal_signing_keys;

pub(super) use signing_keys::{load, refresh};
