use crate::{
    account::{Envelope, Profile},
    ctx::Ctx,
    error::Result,
    id::UserId,
    seal::RealmKeys,
};

/// Envelope without a user. It is opened if an address has no user, so that the response takes the same time.
#[derive(Debug)]
pub struct Decoy {
    id: UserId,
    envelope: Envelope,
}

impl Decoy {
    /// Creates a decoy; each process creates its own.
    #[must_use]
    pub fn new(ctx: &Ctx, keys: &RealmKeys) -> Self {
        let id = UserId::random(ctx.random());
        Self { envelope: Envelope::decoy(ctx, keys, &id), id }
    }

    /// Performs the work of opening a user's data key.
    pub(crate) fn open_key(&self, keys: &RealmKeys) {
        let _opened = self.envelope.key(keys, &self.id);
    }

    /// Decrypts the profile as a user's profile is decrypted.
    ///
    /// # Errors
    /// Returns `Internal` if the decoy belongs to another realm.
    pub(crate) fn open_profile(&self, keys: &RealmKeys) -> Result<Profile> {
        let key = self.envelope.key(keys, &self.id)?;
        self.envelope.open_profile(&key)
    }

    /// Performs the work of opening a user's password hash.
    ///
    /// # Errors
    /// Returns `Internal` if the decoy belongs to another realm.
    pub(crate) fn open(&self, keys: &RealmKeys) -> Result<()> {
        let key = self.envelope.key(keys, &self.id)?;
        self.envelope.open_password(&key).map(|_| ())
    }
}
