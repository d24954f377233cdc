//! `me/events`: lists the audit events of the caller's account.

use super::AuditTrail;
use crate::{
    audit::{AuditId, ListedEvent},
    error::{Result, catalogue::CURSOR_INVALID},
    service::{FieldErrors, RawField, Viewer},
};

/// A page of events.
#[derive(Debug)]
pub struct ListedEvents {
    pub events: Vec<ListedEvent>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl AuditTrail<'_> {
    /// Returns a page of the caller's events of the last 90 days, newest first.
    ///
    /// # Errors
    /// Returns `Invalid` if the limit is not a number from 1 to 200, `Malformed` if the cursor belongs to another
    /// list or account, `Unavailable` if the store fails, and `Internal` if a row cannot be decrypted.
    pub async fn events(&self, viewer: &Viewer, limit: &RawField, cursor: &RawField) -> Result<ListedEvents> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let limit = errors.finish(limit)?;
        let account = viewer.account();
        let scope = self.event_cursors(account);
        let before = match cursor {
            RawField::Missing => None,
            given => Some(AuditId(given.text().and_then(|raw| scope.parse(raw)).ok_or(CURSOR_INVALID)?)),
        };
        let (events, has_more) = self.events_before(account, before, limit).await?;
        let next = events.last().filter(|_| has_more).map(|last| self.events_after(account, last));
        Ok(ListedEvents { events, next })
    }
}
