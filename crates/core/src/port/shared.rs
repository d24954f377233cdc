use std::time::Duration;

use async_trait::async_trait;

use crate::{
    id::{RealmName, UserId},
    seal::Sealed,
};

/// Cache and notice board that the processes of a deployment share. It may lose, delay or repeat everything; whatever it
/// returns is checked by who reads it.
#[async_trait]
pub trait SharedCache: Send + Sync + std::fmt::Debug {
    /// Returns the copy of an account, if there is one.
    async fn account(&self, realm: &RealmName, user: &UserId) -> Option<Sealed>;

    /// Keeps the copy of an account for this time, at most.
    async fn put_account(&self, realm: &RealmName, user: &UserId, sealed: &Sealed, lifetime: Duration);

    /// Tells all processes that the change log has grown, without waiting.
    fn announce(&self);

    /// Waits until a process tells that the change log has grown, or until that may have been missed.
    async fn announced(&self);

    /// Whether it is used at present.
    fn is_up(&self) -> bool;
}
