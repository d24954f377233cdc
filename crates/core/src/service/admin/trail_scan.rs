//! Scans the rows of a query and decrypts their sealed fields.

use std::collections::BTreeMap;

use super::{
    Administered, TrailRow,
    trail::{Sight, Wanted},
};
use crate::{
    admin::Look,
    audit::{AuditClient, AuditId, AuditQuery, Note, PlacedEntry},
    error::Result,
    id::{RealmName, UserId},
    seal::DataKey,
};

/// Maximum number of rows read per query.
const MAX_READ: usize = 100_000;
/// Number of rows read at a time after the first batch.
const CHUNK: usize = 1000;

/// Range of identifiers. The lower bound is inclusive, the upper exclusive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) from: AuditId,
    pub(super) before: AuditId,
}

/// Result of a scan.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) rows: Vec<PlacedEntry>,
    /// Whether the scan reached the end of the rows or found enough of them.
    pub(super) complete: bool,
    /// Last row read.
    pub(super) reached: Option<AuditId>,
}

impl Administered<'_, Look> {
    /// Reads rows until enough of them match.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn scan(
        &self,
        wanted: &Wanted,
        bounds: Bounds,
        is_backwards: bool,
        enough: usize,
    ) -> Result<Scanned> {
        let mut query =
            AuditQuery { by: wanted.filter(), from: bounds.from, before: bounds.before, is_backwards, limit: enough };
        let (mut scanned, mut read) = (Scanned { rows: Vec::new(), complete: true, reached: None }, 0);
        loop {
            let rows = self.ports.store.audit_query(&query).await?;
            let is_last = rows.len() < query.limit;
            read += rows.len();
            scanned.reached = rows.last().map(|row| row.entry.id).or(scanned.reached);
            for row in rows.into_iter().filter(|row| wanted.matches(row)) {
                scanned.rows.push(row);
                if scanned.rows.len() == enough {
                    return Ok(scanned);
                }
            }
            if is_last {
                return Ok(scanned);
            }
            if read >= MAX_READ {
                scanned.complete = false;
                return Ok(scanned);
            }
            match scanned.reached {
                Some(reached) if is_backwards => query.from = reached.next(),
                Some(reached) => query.before = reached,
                None => {}
            }
            query.limit = CHUNK;
        }
    }

    /// Decrypts clients and notes where the caller may see them.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn opened(&self, rows: Vec<PlacedEntry>, realms: &[(RealmName, Sight)]) -> Result<Vec<TrailRow>> {
        let (mut keys, mut opened) = (BTreeMap::new(), Vec::new());
        for PlacedEntry { position, entry } in rows {
            let is_shown = realms.iter().any(|(realm, sight)| *realm == entry.realm && *sight != Sight::Masked);
            let mut row = TrailRow { position, entry, client: None, note: None };
            if is_shown {
                self.open_row(&mut row, &mut keys).await?;
            }
            opened.push(row);
        }
        Ok(opened)
    }

    async fn open_row(
        &self,
        row: &mut TrailRow,
        keys: &mut BTreeMap<(RealmName, UserId), Option<DataKey>>,
    ) -> Result<()> {
        let (id, sealed) = (row.entry.id, (row.entry.client.as_ref(), row.entry.note.as_ref()));
        let Some(realm) = self.realms.any(row.entry.realm.as_str()) else { return Ok(()) };
        if let Some(user) = &row.entry.user {
            let place = (realm.name.clone(), user.clone());
            if !keys.contains_key(&place) {
                let key = self.data_key(&realm.name, user).await?;
                keys.insert(place.clone(), key);
            }
            if let Some(Some(key)) = keys.get(&place) {
                row.client = sealed.0.and_then(|client| AuditClient::open_for(key, id, client).ok());
                row.note = sealed.1.and_then(|note| Note::open_for(key, id, note));
            }
        } else {
            row.client = sealed.0.and_then(|client| AuditClient::open(&realm.keys, id, client).ok());
            row.note = sealed.1.and_then(|note| Note::open(&realm.keys, id, note));
        }
        Ok(())
    }

    /// Returns the data key of a user or a pending registration. `None` if it was deleted.
    async fn data_key(&self, realm: &RealmName, id: &UserId) -> Result<Option<DataKey>> {
        let Some(keys) = self.realms.any(realm.as_str()).map(|realm| &realm.keys) else { return Ok(None) };
        let wrapped = match self.ports.store.user(realm, id).await? {
            Some(user) => Some(user.envelope.data_key),
            None => self.ports.store.registration(realm, id).await?.map(|pending| pending.envelope.data_key),
        };
        Ok(wrapped.and_then(|wrapped| keys.open_data_key(id, &wrapped).ok()))
    }
}
