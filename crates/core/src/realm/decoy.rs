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
    /// Makes a decoy; each start of the server makes its own.
    #[must_use]
    pub fn new(ctx: &Ctx, keys: &RealmKeys) -> Self {
        let id = UserId::random(ctx.random());
        Self { envelope: Envelope::decoy(ctx, keys, &id), id }
    }

    /// Does the work of opening a user's data key.
    pub(crate) fn open_key(&self, keys: &RealmKeys) {
        let _opened = self.envelope.key(keys, &self.id);
    }

    /// Opens the profile, as that of a user.
    ///
    /// # Errors
    /// Internal, if the decoy belongs to another realm.
    pub(crate) fn open_profile(&self, keys: &RealmKeys) -> Result<Profile> {
        let key = self.envelope.key(keys, &self.id)?;
        self.envelope.open_profile(&key)
    }

    /// Does the work of opening a user's password hash.
    ///
    /// # Errors
    /// Internal, if the decoy belongs to another realm.
    pub(crate) fn open(&self, keys: &RealmKeys) -> Result<()> {
        let key = self.envelope.key(keys, &self.id)?;
        self.envelope.open_password(&key).map(|_| ())
    }
}
