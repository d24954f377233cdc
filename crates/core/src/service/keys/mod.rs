//! Root keys of the realms, and signing keys.

mod realms;
mod signing_keys;

pub use realms::{OpenRealmsError, Realms};
pub use signing_keys::{KeyRotation, reseal_signing_keys};

pub(super) use signing_keys::refresh;
