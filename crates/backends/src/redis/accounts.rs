//! Sealed copies of accounts, and notifications that the change log has grown.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use metrics::counter;
use portcullis_core::{
    id::{RealmName, UserId},
    port::SharedCache,
    seal::Sealed,
};
use redis::cmd;

use super::client::Redis;

/// Metric of account copies.
const ACCOUNTS: &str = "portcullis_redis_account_requests_total";

impl Redis {
    /// Returns the key of a user's copy.
    fn key(&self, realm: &RealmName, user: &UserId) -> String {
        format!("{}:{{{realm}:{user}}}:a", self.link.prefix)
    }
}

#[async_trait]
impl SharedCache for Redis {
    async fn account(&self, realm: &RealmName, user: &UserId) -> Option<Sealed> {
        let found: Option<Vec<u8>> = self.link.ask("get", cmd("GET").arg(self.key(realm, user))).await?;
        counter!(ACCOUNTS, "outcome" => if found.is_some() { "hit" } else { "miss" }).increment(1);
        tracing::debug!(hit = found.is_some(), "redis account lookup");
        found.map(Sealed::from_bytes)
    }

    async fn put_account(&self, realm: &RealmName, user: &UserId, sealed: &Sealed, lifetime: Duration) {
        // At least a millisecond, because a key without expiry would never be removed.
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut set = cmd("SET");
        set.arg(self.key(realm, user)).arg(sealed.as_bytes()).arg("PX").arg(millis);
        let _: Option<String> = self.link.ask("set", &set).await;
    }

    fn forget_account(&self, realm: &RealmName, user: &UserId) {
        let (link, key) = (Arc::clone(&self.link), self.key(realm, user));
        tokio::spawn(async move {
            let _: Option<i64> = link.ask("unlink", cmd("UNLINK").arg(key)).await;
        });
    }

    fn announce(&self) {
        self.link.grown.notify_one();
    }

    async fn announced(&self) {
        self.link.heard.notified().await;
    }

    fn is_up(&self) -> bool {
        self.link.is_up()
    }
}
