//! Counts the users of each realm for the statistics.

use super::Upkeep;
use crate::{
    clock::Timestamp,
    error::Result,
    id::RealmName,
    port::{Op, StatOp},
    stats::ACTIVE_DAYS,
};

const DAY: i64 = 24 * 3600 * 1000;

impl Upkeep<'_> {
    /// Counts the users of each realm and writes the numbers for today. The last count of a day is its final value.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn count_users(&self, now: Timestamp) -> Result<()> {
        let today = now.day();
        let earlier = Timestamp::from_millis(today.millis() - (ACTIVE_DAYS - 1) * DAY);
        let realms: Vec<RealmName> = self.0.realms.names().cloned().collect();
        let mut batch = Vec::new();
        for realm in realms {
            let counts = self.0.ports.store.user_counts(&realm, today, earlier).await?;
            batch.extend(counts.stats(&realm, today).into_iter().map(|stat| Op::from(StatOp::Set(stat))));
        }
        Ok(self.0.commit(batch).await?)
    }
}
