//! `me/events`: lists what happened to the account of the caller.

use super::AuditTrail;
use crate::{
    audit::{ActorKind, AuditClient, AuditEntry, AuditId, UserEvents},
    clock::Timestamp,
    cursor::CursorScope,
    error::{
        Error, Result,
        catalogue::{CURSOR_INVALID, LIMIT_INVALID},
    },
    id::SessionId,
    seal::DataKey,
    service::{FieldErrors, Owner, RawField},
};

/// Time for which users see their events, in milliseconds.
const SHOWN_FOR: i64 = 90 * 24 * 3600 * 1000;
/// Number of events of a page, and the most that a request may ask for.
const PAGE: usize = 50;
const MOST: usize = 200;

/// An event, as the user whom it concerns may see it.
#[derive(Debug)]
pub struct ListedEvent {
    pub id: AuditId,
    pub at: Timestamp,
    pub event: String,
    pub outcome: String,
    /// Client of the request.
    pub client: AuditClient,
    pub session: Option<SessionId>,
    /// `user`, `admin` or `server`; never which administrator.
    pub by: &'static str,
}

/// A page of events.
#[derive(Debug)]
pub struct ListedEvents {
    pub events: Vec<ListedEvent>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl ListedEvent {
    fn open(entry: AuditEntry, key: &DataKey) -> Result<Self> {
        let client = entry.client.map(|sealed| AuditClient::open_for(key, entry.id, &sealed)).transpose()?;
        Ok(Self {
            id: entry.id,
            at: entry.at,
            event: entry.event,
            outcome: entry.outcome,
            client: client.unwrap_or_default(),
            session: entry.session,
            by: match ActorKind::parse(&entry.actor_kind) {
                Some(ActorKind::Admin | ActorKind::Key | ActorKind::Cli) => "admin",
                Some(ActorKind::User | ActorKind::Anonymous) => "user",
                Some(ActorKind::Server) | None => "server",
            },
        })
    }
}

impl AuditTrail<'_> {
    /// Returns a page of the events of the last 90 days that concern the caller, newest first.
    ///
    /// # Errors
    /// Invalid, for a limit that is no number from 1 to 200; malformed, for a cursor of another list or account; unavailable;
    /// internal, if a row does not open.
    pub async fn events(&self, owner: &Owner, limit: &RawField, cursor: &RawField) -> Result<ListedEvents> {
        let limit = page_size(limit)?;
        let account = owner.account();
        let scope = CursorScope { keys: &self.realm.keys, list: "me/events", owner: account.id.as_str() };
        let before = match cursor {
            RawField::Missing => None,
            given => Some(AuditId(given.text().and_then(|raw| scope.parse(raw)).ok_or(CURSOR_INVALID)?)),
        };
        let since = Timestamp::from_millis(self.ctx.now.millis().saturating_sub(SHOWN_FOR));
        let wanted =
            UserEvents { realm: self.realm.name.clone(), user: account.id.clone(), before, since, limit: limit + 1 };
        let mut entries = self.ports.store.user_events(&wanted).await?;
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| has_more).map(|last| scope.expose(last.id.0));
        let key = self.realm.keys.open_data_key(&account.id, &account.data_key).map_err(Error::internal)?;
        let events = entries.into_iter().map(|entry| ListedEvent::open(entry, &key)).collect::<Result<_>>()?;
        Ok(ListedEvents { events, next })
    }
}

fn page_size(limit: &RawField) -> Result<usize> {
    let RawField::Missing = limit else {
        let size = limit.text().and_then(|text| text.parse().ok()).filter(|size| (1..=MOST).contains(size));
        let mut errors = FieldErrors::default();
        if size.is_none() {
            errors.add(LIMIT_INVALID.of("limit"));
        }
        return errors.finish(size);
    };
    Ok(PAGE)
}
