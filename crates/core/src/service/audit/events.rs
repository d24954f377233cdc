//! `me/events`: lists what happened to the account of the caller.

use super::AuditTrail;
use crate::{
    audit::{AuditId, ListedEvent},
    cursor::CursorScope,
    error::{
        Result,
        catalogue::{CURSOR_INVALID, LIMIT_INVALID},
    },
    service::{FieldErrors, RawField, Viewer},
};

/// Number of events of a page, and the most that a request may ask for.
const PAGE: usize = 50;
const MOST: usize = 200;

/// A page of events.
#[derive(Debug)]
pub struct ListedEvents {
    pub events: Vec<ListedEvent>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl AuditTrail<'_> {
    /// Returns a page of the events of the last 90 days that concern the caller, newest first.
    ///
    /// # Errors
    /// Invalid, for a limit that is no number from 1 to 200; malformed, for a cursor of another list or account; unavailable;
    /// internal, if a row does not open.
    pub async fn events(&self, viewer: &Viewer, limit: &RawField, cursor: &RawField) -> Result<ListedEvents> {
        let limit = page_size(limit)?;
        let account = viewer.account();
        let scope = CursorScope { keys: &self.realm.keys, list: "me/events", owner: account.id.as_str() };
        let before = match cursor {
            RawField::Missing => None,
            given => Some(AuditId(given.text().and_then(|raw| scope.parse(raw)).ok_or(CURSOR_INVALID)?)),
        };
        let (events, has_more) = self.events_before(account, before, limit).await?;
        let next = events.last().filter(|_| has_more).map(|last| scope.expose(last.id.0));
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
