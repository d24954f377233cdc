use std::time::Duration;

use async_trait::async_trait;

use crate::{
    id::{RealmName, UserId},
    seal::Sealed,
};

/// Cache and notifications shared by the processes of a deployment. It may lose, delay or repeat anything, so callers
/// must validate what it returns.
#[async_trait]
pub trait SharedCache: Send + Sync + std::fmt::Debug {
    /// Returns the cached account, if there is one.
    async fn account(&self, realm: &RealmName, user: &UserId) -> Option<Sealed>;

    /// Caches an account for at most this time.
    async fn put_account(&self, realm: &RealmName, user: &UserId, sealed: &Sealed, lifetime: Duration);

    /// Removes a cached account without waiting. The cached data of a deleted user must be removed soon after the
    /// request.
    fn forget_account(&self, realm: &RealmName, user: &UserId);

    /// Notifies all processes that the change log has grown, without waiting.
    fn announce(&self);

    /// Waits for a notification that the change log has grown, or until one may have been missed.
    async fn announced(&self);

    /// Returns whether it is currently in use.
    fn is_up(&self) -> bool;
}
