//! Keys of a realm and its users.

use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use super::{RootKey, Sealed, Unsealable, cipher::Cipher, mac};
use crate::{
    Ctx,
    id::{RealmName, UserId},
};

/// Keyed hash used to look up a value, such as an address, in the store. Without the realm's key, guesses cannot be
/// tested.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlindIndex(pub [u8; 32]);

/// Keys derived from a realm's root key with HKDF-SHA-256 (RFC 5869), one per purpose.
pub struct RealmKeys {
    realm: RealmName,
    index: hmac::Key,
    phone: hmac::Key,
    link: hmac::Key,
    refresh: hmac::Key,
    limit: hmac::Key,
    device: hmac::Key,
    cursor: hmac::Key,
    audit: Cipher,
    outbox: Cipher,
    record: Cipher,
    page: Cipher,
    cache: Cipher,
    wrap: Cipher,
}

impl std::fmt::Debug for RealmKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RealmKeys({})", self.realm)
    }
}

impl RealmKeys {
    /// Derives the realm's keys from its root key.
    #[must_use]
    pub fn derive(realm: RealmName, root: &RootKey) -> Self {
        let derive = |purpose: &str| derive(root, &realm, purpose);
        Self {
            index: hmac::Key::new(hmac::HMAC_SHA256, &*derive("index")),
            phone: hmac::Key::new(hmac::HMAC_SHA256, &*derive("phone")),
            link: hmac::Key::new(hmac::HMAC_SHA256, &*derive("link")),
            refresh: hmac::Key::new(hmac::HMAC_SHA256, &*derive("refresh")),
            limit: hmac::Key::new(hmac::HMAC_SHA256, &*derive("limit")),
            device: hmac::Key::new(hmac::HMAC_SHA256, &*derive("device")),
            cursor: hmac::Key::new(hmac::HMAC_SHA256, &*derive("cursor")),
            audit: Cipher::new(&derive("audit")),
            outbox: Cipher::new(&derive("outbox")),
            record: Cipher::new(&derive("record")),
            page: Cipher::new(&derive("page")),
            cache: Cipher::new(&derive("cache")),
            wrap: Cipher::new(&derive("wrap")),
            realm,
        }
    }

    /// Returns the key for blind indexes.
    pub(crate) const fn index_key(&self) -> &hmac::Key {
        &self.index
    }

    /// Returns the key for blind indexes of phone numbers.
    pub(crate) const fn phone_key(&self) -> &hmac::Key {
        &self.phone
    }

    /// Returns the key for link tokens and codes.
    pub(crate) const fn link_key(&self) -> &hmac::Key {
        &self.link
    }

    /// Returns an identifier of no account, derived from the parts. Without the key it looks random.
    #[must_use]
    pub fn decoy_id(&self, parts: &[&str]) -> UserId {
        // Stored identifiers depend on the label, so its spelling must not change.
        let parts = std::iter::once(&"nobody").chain(parts).map(|part| part.as_bytes());
        UserId::of(mac(&self.link, parts).as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns an index that belongs to no address, for an identifier that belongs to no account.
    #[must_use]
    pub fn index_of_decoy(&self, id: &UserId) -> BlindIndex {
        let index = [b"index".as_slice(), id.as_str().as_bytes()];
        BlindIndex(mac(&self.link, index).as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns the key for limit keys.
    pub(crate) const fn limit_key(&self) -> &hmac::Key {
        &self.limit
    }

    /// Returns the key for known devices.
    pub(crate) const fn device_key(&self) -> &hmac::Key {
        &self.device
    }

    /// Returns the key for cursors.
    pub(crate) const fn cursor_key(&self) -> &hmac::Key {
        &self.cursor
    }

    /// Returns the key for refresh tokens.
    pub(crate) const fn refresh_key(&self) -> &hmac::Key {
        &self.refresh
    }

    /// Seals the recipient of an outbox row.
    #[must_use]
    pub fn seal_outbox(&self, ctx: &Ctx, row: &str, plain: &[u8]) -> Sealed {
        self.outbox.seal(ctx, &["outbox", self.realm.as_str(), row], plain)
    }

    /// Opens a recipient sealed with [`seal_outbox`](Self::seal_outbox).
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another row or realm.
    pub fn open_outbox(&self, row: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.outbox.open(&["outbox", self.realm.as_str(), row], sealed)
    }

    /// Seals a record without an owner.
    pub(crate) fn seal_record(&self, ctx: &Ctx, kind: &str, key: &str, plain: &[u8]) -> Sealed {
        self.record.seal(ctx, &["record", self.realm.as_str(), kind, key], plain)
    }

    /// Opens a record without an owner.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another realm, kind or key.
    pub(crate) fn open_record(&self, kind: &str, key: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.record.open(&["record", self.realm.as_str(), kind, key], sealed)
    }

    /// Seals the copy of an account for a cache outside the process.
    pub(crate) fn seal_copy(&self, ctx: &Ctx, user: &UserId, plain: &[u8]) -> Sealed {
        self.cache.seal(ctx, &["copy", self.realm.as_str(), user.as_str()], plain)
    }

    /// Opens the copy of an account.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another realm or user.
    pub(crate) fn open_copy(&self, user: &UserId, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.cache.open(&["copy", self.realm.as_str(), user.as_str()], sealed)
    }

    /// Seals a field of an audit row that does not concern a user.
    pub(crate) fn seal_audit(&self, ctx: &Ctx, row: &str, field: &'static str, plain: &[u8]) -> Sealed {
        self.audit.seal(ctx, &["audit", self.realm.as_str(), row, field], plain)
    }

    /// Opens a field of an audit row that does not concern a user.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another row, field or realm.
    pub(crate) fn open_audit(
        &self,
        row: &str,
        field: &'static str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.audit.open(&["audit", self.realm.as_str(), row, field], sealed)
    }

    /// Seals state that a page carries in its URL, for this purpose and browser.
    pub(crate) fn seal_page(&self, ctx: &Ctx, kind: &str, browser: &str, plain: &[u8]) -> Sealed {
        self.page.seal(ctx, &["page", self.realm.as_str(), kind, browser], plain)
    }

    /// Opens state carried by a page.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another realm, purpose or browser.
    pub(crate) fn open_page(
        &self,
        kind: &str,
        browser: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.page.open(&["page", self.realm.as_str(), kind, browser], sealed)
    }

    /// Creates a data key for this user. Returns it with its wrapped form for the store.
    #[must_use]
    pub fn new_data_key(&self, ctx: &Ctx, user: &UserId) -> (DataKey, Sealed) {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(ctx.bytes());
        let wrapped = self.wrap.seal(ctx, &["data-key", self.realm.as_str(), user.as_str()], &*key);
        (DataKey::new(self.realm.clone(), user.clone(), &key), wrapped)
    }

    /// Unwraps a user's data key.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another user or realm.
    pub fn open_data_key(&self, user: &UserId, wrapped: &Sealed) -> Result<DataKey, Unsealable> {
        let plain = self.wrap.open(&["data-key", self.realm.as_str(), user.as_str()], wrapped)?;
        let key: &[u8; 32] = plain.as_slice().try_into().map_err(|_| Unsealable)?;
        Ok(DataKey::new(self.realm.clone(), user.clone(), key))
    }
}

/// A user's data key. Deleting its wrapped form makes everything sealed with it unreadable.
pub struct DataKey {
    realm: RealmName,
    user: UserId,
    cipher: Cipher,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey({}/{})", self.realm, self.user)
    }
}

impl DataKey {
    fn new(realm: RealmName, user: UserId, key: &[u8; 32]) -> Self {
        Self { realm, user, cipher: Cipher::new(key) }
    }

    /// Seals one of the user's fields.
    #[must_use]
    pub fn seal(&self, ctx: &Ctx, field: &'static str, plain: &[u8]) -> Sealed {
        self.cipher.seal(ctx, &["field", self.realm.as_str(), self.user.as_str(), field], plain)
    }

    /// Opens one of the user's fields.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another field, user or realm.
    pub fn open(&self, field: &'static str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.cipher.open(&["field", self.realm.as_str(), self.user.as_str(), field], sealed)
    }

    /// Seals a field of an audit row that concerns the user.
    pub(crate) fn seal_audit(&self, ctx: &Ctx, row: &str, field: &'static str, plain: &[u8]) -> Sealed {
        self.cipher.seal(ctx, &["audit", self.realm.as_str(), self.user.as_str(), row, field], plain)
    }

    /// Opens a field of an audit row that concerns the user.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another row, field, user or realm.
    pub(crate) fn open_audit(
        &self,
        row: &str,
        field: &'static str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.cipher.open(&["audit", self.realm.as_str(), self.user.as_str(), row, field], sealed)
    }

    /// Seals one of the user's records.
    pub(crate) fn seal_record(&self, ctx: &Ctx, kind: &str, key: &str, plain: &[u8]) -> Sealed {
        self.cipher.seal(ctx, &["record", self.realm.as_str(), self.user.as_str(), kind, key], plain)
    }

    /// Opens one of the user's records.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it belongs to another user, realm, kind or key.
    pub(crate) fn open_record(&self, kind: &str, key: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.cipher.open(&["record", self.realm.as_str(), self.user.as_str(), kind, key], sealed)
    }
}

#[allow(clippy::expect_used, reason = "HKDF-SHA-256 returns up to 8,160 bytes (RFC 5869 §2.3)")]
fn derive(root: &RootKey, realm: &RealmName, purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"portcullis realm keys v1")
        .extract(root.bytes())
        .expand(&[purpose.as_bytes(), b"\0", realm.as_str().as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("32 bytes fit");
    key
}
