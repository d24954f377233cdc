//! `me/sessions`: lists the live sessions of the caller.

use super::Sessions;
use crate::{
    cursor::CursorScope,
    error::{Result, catalogue::CURSOR_INVALID},
    service::{FieldErrors, RawField, Viewer, kernel::SessionPlace},
    session::ListedSession,
};

/// A page of sessions.
#[derive(Debug)]
pub struct ListedSessions {
    pub sessions: Vec<ListedSession>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl Sessions<'_> {
    /// Returns a page of the live sessions of the caller, most recently used first.
    ///
    /// # Errors
    /// Returns `Invalid` if the limit is not a number from 1 to 200, `Malformed` if the cursor belongs to another
    /// list or account, `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if a record cannot be decrypted.
    pub async fn page(&self, viewer: &Viewer, limit: &RawField, cursor: &RawField) -> Result<ListedSessions> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let limit = errors.finish(limit)?;
        let user = self.user_of_account(viewer.account()).await?;
        let cursors = CursorScope { keys: &self.realm.keys, list: "me/sessions", owner: user.id.as_str() };
        let read = |raw: &str| SessionPlace::parse(&cursors.parse_text(raw)?);
        let after = match cursor {
            RawField::Missing => None,
            given => Some(given.text().and_then(read).ok_or(CURSOR_INVALID)?),
        };
        let (sessions, has_more) = self.live_sessions_after(&user, viewer.session(), after.as_ref(), limit).await?;
        let last = sessions.last().filter(|_| has_more);
        let next = last.map(|last| cursors.expose_text(&SessionPlace::text(last)));
        Ok(ListedSessions { sessions, next })
    }

    /// Returns all live sessions of the caller, most recently used first.
    ///
    /// # Errors
    /// Returns `BadToken` if the account was deleted in the meantime, `Unavailable` if the store fails, and
    /// `Internal` if a record cannot be decrypted.
    pub async fn list(&self, viewer: &Viewer) -> Result<Vec<ListedSession>> {
        let user = self.user_of_account(viewer.account()).await?;
        self.live_sessions(&user, viewer.session()).await
    }
}
