use super::Kernel;
use crate::{
    error::Result,
    id::RealmName,
    port::Store,
    record::{RecordKind, RecordRow},
};

/// Number of records read at a time.
const AT_ONCE: usize = 500;

/// Reads all records of a kind in key order, a page at a time.
pub(in crate::service) struct RecordPages<'a> {
    store: &'a dyn Store,
    realm: &'a RealmName,
    kind: RecordKind,
    /// Key after which the next page starts; `None` after the last page.
    after: Option<String>,
}

impl<'a> RecordPages<'a> {
    pub(in crate::service) const fn new(store: &'a dyn Store, realm: &'a RealmName, kind: RecordKind) -> Self {
        Self { store, realm, kind, after: Some(String::new()) }
    }

    /// Returns the next page, or `None` after the last one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn next(&mut self) -> Result<Option<Vec<RecordRow>>> {
        let Some(after) = self.after.take() else { return Ok(None) };
        let rows = self.store.records_page(self.realm, self.kind, &after, AT_ONCE).await?;
        self.after = rows.last().filter(|_| rows.len() == AT_ONCE).map(|last| last.key.clone());
        Ok(Some(rows))
    }

    /// Skips the keys up to this one.
    pub(in crate::service) fn skip_to(&mut self, key: &str) {
        self.after = Some(key.to_owned());
    }
}

impl Kernel {
    /// Returns all records of a kind in key order, including expired ones.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn all_records(&self, realm: &RealmName, kind: RecordKind) -> Result<Vec<RecordRow>> {
        let mut all = Vec::new();
        let mut pages = RecordPages::new(&*self.ports.store, realm, kind);
        while let Some(page) = pages.next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}
