//! Lists of records with few entries. All keys are read, so pages can be requested in both directions.

use super::places::Cursors;
use crate::{
    error::Result,
    record::{RecordKind, RecordRow},
    service::{RawField, Scope},
};

/// A page of a list, with cursors for both directions.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
    pub(super) prev: Option<String>,
}

impl Scope<'_> {
    /// Returns all unexpired records of a kind, in key order.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn unexpired_records(&self, kind: RecordKind) -> Result<Vec<RecordRow>> {
        let mut all = self.all_records(&self.realm.name, kind).await?;
        all.retain(|row| row.expires_at.is_none_or(|at| at > self.ctx.now));
        Ok(all)
    }
}

impl Cursors<'_> {
    /// Returns a page of a list sorted by position.
    ///
    /// # Errors
    /// Returns `Malformed` if the cursor belongs to another list.
    pub(super) fn page<T>(
        &self,
        mut all: Vec<T>,
        place: impl Fn(&T) -> String,
        limit: usize,
        cursor: &RawField,
    ) -> Result<Page<T>> {
        let (begin, end) = match self.read(cursor)? {
            None => (0, limit),
            Some((false, from)) => {
                let begin = all.partition_point(|entry| place(entry) <= from);
                (begin, begin + limit)
            }
            Some((true, from)) => {
                let end = all.partition_point(|entry| place(entry) < from);
                (end.saturating_sub(limit), end)
            }
        };
        let (has_prev, has_next) = (begin > 0, end < all.len());
        all.truncate(end);
        let items = all.split_off(begin.min(all.len()));
        let next = items.last().filter(|_| has_next).map(|last| self.expose(false, &place(last)));
        let prev = items.first().filter(|_| has_prev).map(|first| self.expose(true, &place(first)));
        Ok(Page { items, next, prev })
    }
}
