//! A device from which somebody has logged in before: it has tries of its own, so that a stranger who guesses passwords
//! cannot keep the owner out (OWASP's device cookies). Whoever logged in by an older password has no known device any more.

use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE64URL_NOPAD;

use crate::{
    account::User,
    clock::Timestamp,
    ctx::Ctx,
    seal::{BlindIndex, RealmKeys},
};

/// How long a device is known after its last login.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// Of the text: 16 bytes of name, 8 of time and 32 of MAC.
const LENGTH: usize = 75;

/// Whose devices they are: an account's, since its password was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceOwner {
    /// By the address.
    pub account: BlindIndex,
    /// Another password makes all devices unknown.
    pub password_set_at: Timestamp,
}

impl From<&User> for DeviceOwner {
    fn from(user: &User) -> Self {
        Self { account: user.index, password_set_at: user.password_set_at }
    }
}

/// Names a device of an account. Never printed: whoever has it, has the device's tries.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownDevice {
    id: [u8; 16],
}

impl std::fmt::Debug for KnownDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownDevice(…)")
    }
}

impl KnownDevice {
    /// One that was not known before.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        Self { id: ctx.bytes() }
    }

    /// Reads what [`expose`](Self::expose) gave: for this holder, and not longer than a year ago.
    #[must_use]
    pub fn parse(ctx: &Ctx, keys: &RealmKeys, holder: DeviceOwner, raw: &str) -> Option<Self> {
        if raw.len() != LENGTH {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (at, tag) = rest.split_first_chunk::<8>()?;
        constant_time::verify_slices_are_equal(mac(keys, holder, id, at).as_ref(), tag).ok()?;
        let seen_at = Timestamp::from_millis(i64::from_be_bytes(*at));
        (ctx.now.since(seen_at) < DEVICE_LIFETIME).then_some(Self { id: *id })
    }

    /// The text for the client to keep.
    #[must_use]
    pub fn expose(&self, ctx: &Ctx, keys: &RealmKeys, holder: DeviceOwner) -> String {
        let at = ctx.now.millis().to_be_bytes();
        let tag = mac(keys, holder, &self.id, &at);
        BASE64URL_NOPAD.encode(&[self.id.as_slice(), &at, tag.as_ref()].concat())
    }

    /// What distinguishes it.
    pub(crate) const fn id(&self) -> &[u8; 16] {
        &self.id
    }
}

fn mac(keys: &RealmKeys, holder: DeviceOwner, id: &[u8; 16], at: &[u8; 8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(keys.device_key());
    context.update(&holder.account.0);
    context.update(&holder.password_set_at.millis().to_be_bytes());
    context.update(id);
    context.update(at);
    context.sign()
}
