//! Data of a user's own account, for lists and the export.

use std::cmp::Reverse;

use super::Scope;
use crate::{
    account::{Account, User},
    audit::{AuditId, ListedEvent, UserEvents},
    clock::Timestamp,
    cursor::CursorScope,
    error::{Error, Result},
    id::{SessionId, UserId},
    oauth::ClientId,
    session::{ListedSession, Session, SessionKind},
};

/// Maximum age of events shown to users, in milliseconds.
const SHOWN_FOR: i64 = 90 * 24 * 3600 * 1000;

/// Position of a session in the list, most recently used first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::service) struct SessionPlace(Reverse<Timestamp>, SessionId);

impl SessionPlace {
    fn of(session: &Session) -> Self {
        Self(Reverse(session.family.rotated_at), session.id.clone())
    }

    /// Serialises the position of a session for a cursor.
    pub(in crate::service) fn text(session: &ListedSession) -> String {
        format!("{}/{}", session.last_used_at.millis(), session.id)
    }

    /// Parses the output of [`text`](Self::text).
    pub(in crate::service) fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('/')?;
        Some(Self(Reverse(Timestamp::from_millis(at.parse().ok()?)), SessionId::parse(id)?))
    }
}

impl Scope<'_> {
    /// Returns the live sessions of a user, most recently used first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if one cannot be decrypted.
    pub(in crate::service) async fn live_sessions(
        &self,
        user: &User,
        current: &SessionId,
    ) -> Result<Vec<ListedSession>> {
        Ok(self.live_sessions_after(user, current, None, usize::MAX).await?.0)
    }

    /// Returns the live sessions of a user after a position, if one is given, most recently used first, and whether
    /// there are more. Users have few sessions (`SESSIONS_MAX`), so all are read, but only those on the page are
    /// decrypted.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn live_sessions_after(
        &self,
        user: &User,
        current: &SessionId,
        after: Option<&SessionPlace>,
        limit: usize,
    ) -> Result<(Vec<ListedSession>, bool)> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let mut live = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
        live.retain(|session| session.is_live(self.ctx.now));
        let mut shown = self.with_applications(live).await?;
        shown.retain(|(session, _)| after.is_none_or(|after| SessionPlace::of(session) > *after));
        shown.sort_by_cached_key(|(session, _)| SessionPlace::of(session));
        let has_more = shown.len() > limit;
        let mut page = Vec::new();
        for (session, application) in shown.into_iter().take(limit) {
            if self.is_backed(&session).await? {
                page.push(ListedSession { application, ..ListedSession::open(session, &key, current)? });
            }
        }
        Ok((page, has_more))
    }

    /// Returns live sessions, each with its client if it has one. Client sessions whose browser session or client no
    /// longer exists are omitted, because they are no longer usable.
    async fn with_applications(&self, live: Vec<Session>) -> Result<Vec<(Session, Option<(ClientId, String)>)>> {
        let browsers = live.iter().filter(|session| session.kind == SessionKind::Browser);
        let browsers: Vec<SessionId> = browsers.map(|session| session.id.clone()).collect();
        let mut shown = Vec::new();
        for session in live {
            let application = match &session.grant {
                None => None,
                Some(_) => match self.granted(&session).await? {
                    Some((client, grant)) if grant.is_offline() || browsers.contains(&grant.parent) => {
                        Some((client.id, client.name))
                    }
                    _ => continue,
                },
            };
            shown.push((session, application));
        }
        Ok(shown)
    }

    /// Returns the names of the latest events of a user since a time.
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

    /// Returns the context that cursors of an account's events are bound to.
    pub(in crate::service) fn event_cursors<'a>(&'a self, account: &'a Account) -> CursorScope<'a> {
        CursorScope { keys: &self.realm.keys, list: "me/events", owner: account.id.as_str() }
    }

    /// Returns the cursor for the events after this one.
    pub(in crate::service) fn events_after(&self, account: &Account, last: &ListedEvent) -> String {
        self.event_cursors(account).expose(last.id.0)
    }

    /// Returns the latest events of a user in the last 90 days, before an identifier if one is given, and whether
    /// there are more.
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
