//! What users may see of their own account, for its lists and its export.

use std::cmp::Reverse;

use super::Scope;
use crate::{
    account::{Account, User},
    audit::{AuditId, ListedEvent, UserEvents},
    clock::Timestamp,
    error::{Error, Result},
    id::{SessionId, UserId},
    session::ListedSession,
};

/// Time for which users see their events, in milliseconds.
const SHOWN_FOR: i64 = 90 * 24 * 3600 * 1000;

impl Scope<'_> {
    /// Returns the live sessions of a user, most recent use first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(in crate::service) async fn live_sessions(
        &self,
        user: &User,
        current: &SessionId,
    ) -> Result<Vec<ListedSession>> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let mut live = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        live.retain(|session| session.is_live(self.ctx.now));
        live.sort_by(|a, b| (Reverse(a.family.rotated_at), &a.id).cmp(&(Reverse(b.family.rotated_at), &b.id)));
        live.into_iter().map(|session| ListedSession::open(session, &key, current)).collect()
    }

    /// Returns the words of the newest events since a time that concern a user.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn newest_events(
        &self,
        user: &UserId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>> {
        let (realm, user) = (self.realm.name.clone(), user.clone());
        let wanted = UserEvents { realm, user, before: None, since, limit };
        Ok(self.ports.store.user_events(&wanted).await?.into_iter().map(|entry| entry.event).collect())
    }

    /// Returns the newest events of the last 90 days that concern a user, those before an identifier if one is given, and
    /// whether there are more.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a row cannot be decrypted.
    pub(in crate::service) async fn events_before(
        &self,
        account: &Account,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<(Vec<ListedEvent>, bool)> {
        let since = Timestamp::from_millis(self.ctx.now.millis().saturating_sub(SHOWN_FOR));
        let (realm, user) = (self.realm.name.clone(), account.id.clone());
        let wanted = UserEvents { realm, user, before, since, limit: limit + 1 };
        let mut entries = self.ports.store.user_events(&wanted).await?;
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        let key = self.realm.keys.open_data_key(&account.id, &account.data_key).map_err(Error::internal)?;
        let events = entries.into_iter().map(|entry| ListedEvent::open(entry, &key)).collect::<Result<_>>()?;
        Ok((events, has_more))
    }
}
