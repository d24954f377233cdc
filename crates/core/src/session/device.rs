//! Known devices. A device that the owner has signed in from has its own count of failed attempts, so that an
//! attacker who guesses passwords cannot lock the owner out (OWASP device cookies). A new password invalidates all
//! known devices.

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

/// Length of a device token: 16 bytes of identifier, 8 of time and 32 of MAC, in base64url.
const LENGTH: usize = 75;

/// Maximum number of devices in one value, so that users and realms that share a browser do not displace each other.
const MAX: usize = 8;
/// Number of characters that encode 126 bits of the identifier.
const ID_LENGTH: usize = 21;

/// Returns the device tokens in the values that a client sends, newest first.
pub(crate) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in values.flat_map(|value| value.split('.').take(MAX)) {
        let is_new = !texts.iter().any(|one| one.get(..ID_LENGTH) == text.get(..ID_LENGTH));
        if KnownDevice::is_well_formed(text) && is_new {
            texts.push(text);
        }
    }
    texts
}

/// Returns the value for the client to store: the newest device and those sent by the client. The oldest are dropped
/// first.
#[must_use]
pub fn joined<'a>(newest: &'a str, presented: impl Iterator<Item = &'a str>) -> String {
    let mut texts = texts(std::iter::once(newest).chain(presented));
    texts.truncate(MAX);
    texts.join(".")
}

/// Owner of a device: an account with its current password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceOwner {
    /// Blind index of the address.
    pub account: BlindIndex,
    /// Time when the password was set. A new password invalidates all known devices.
    pub password_set_at: Timestamp,
}

impl From<&User> for DeviceOwner {
    fn from(user: &User) -> Self {
        Self { account: user.index, password_set_at: user.password_set_at }
    }
}

/// A device that the owner of an account has signed in from. Never printed, because its token bypasses other clients'
/// failed attempts.
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
    /// Creates a new device.
    #[must_use]
    pub fn new(ctx: &Ctx) -> Self {
        Self { id: ctx.bytes() }
    }

    /// Returns whether a text has the format of [`expose`](Self::expose).
    #[must_use]
    fn is_well_formed(raw: &str) -> bool {
        raw.len() == LENGTH && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    /// Parses the token from [`expose`](Self::expose). Returns `None` if it belongs to another owner or has expired.
    #[must_use]
    pub fn parse(ctx: &Ctx, keys: &RealmKeys, owner: DeviceOwner, raw: &str) -> Option<Self> {
        if !Self::is_well_formed(raw) {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (at, tag) = rest.split_first_chunk::<8>()?;
        constant_time::verify_slices_are_equal(mac(keys, owner, id, at).as_ref(), tag).ok()?;
        let seen_at = Timestamp::from_millis(i64::from_be_bytes(*at));
        (ctx.now.since(seen_at) < DEVICE_LIFETIME).then_some(Self { id: *id })
    }

    /// Returns the token for the client to store.
    #[must_use]
    pub fn expose(&self, ctx: &Ctx, keys: &RealmKeys, owner: DeviceOwner) -> String {
        let at = ctx.now.millis().to_be_bytes();
        let tag = mac(keys, owner, &self.id, &at);
        BASE64URL_NOPAD.encode(&[self.id.as_slice(), &at, tag.as_ref()].concat())
    }

    /// Returns the device's identifier.
    pub(crate) const fn id(&self) -> &[u8; 16] {
        &self.id
    }
}

fn mac(keys: &RealmKeys, owner: DeviceOwner, id: &[u8; 16], at: &[u8; 8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(keys.device_key());
    context.update(&owner.account.0);
    context.update(&owner.password_set_at.millis().to_be_bytes());
    context.update(id);
    context.update(at);
    context.sign()
}
