//! Clients of a realm: those defined in the settings, and those in the store.

use super::{Kernel, Scope};
use crate::{
    error::{Error, Result},
    oauth::{ClientId, ClientMark, RegisteredClient},
    port::RecordOp,
    realm::Realm,
    record::{Record, RecordKeys, RecordRow},
};

impl Kernel {
    /// Returns all clients of a realm, starting with those defined in the settings, which take precedence over stored
    /// clients with the same identifier.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a client cannot be decrypted.
    pub(in crate::service) async fn clients_of(&self, realm: &Realm) -> Result<Vec<RegisteredClient>> {
        let openid = &realm.policy.openid;
        if !openid.is_possible {
            return Ok(Vec::new());
        }
        let mut clients = openid.declared.clone();
        for row in self.all_records(&realm.name, RegisteredClient::KIND).await? {
            let client = open(realm, &row)?;
            if openid.declared(&client.id).is_none() {
                clients.push(client);
            }
        }
        Ok(clients)
    }
}

impl Scope<'_> {
    /// Returns a client of this realm.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    pub(in crate::service) async fn client(&self, id: &str) -> Result<Option<RegisteredClient>> {
        let openid = &self.realm.policy.openid;
        let Some(id) = ClientId::parse(id).filter(|_| openid.is_possible) else { return Ok(None) };
        let since = self.client_mark(&id).await?.map(|(_, mark)| mark.since);
        if let Some(declared) = openid.declared(&id) {
            let created_at = since.unwrap_or(declared.created_at);
            return Ok(Some(RegisteredClient { created_at, ..declared.clone() }));
        }
        let Some(stored) = self.stored_client(&id).await? else { return Ok(None) };
        // The settings may have had a client of this identifier in the meantime.
        let created_at = since.map_or(stored.created_at, |since| since.max(stored.created_at));
        Ok(Some(RegisteredClient { created_at, ..stored }))
    }

    /// Returns the mark of an identifier, with the record. Returns `None` if no client with it was removed and the
    /// settings never had one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn client_mark(&self, id: &ClientId) -> Result<Option<(RecordRow, ClientMark)>> {
        let row = self.ports.store.record(&self.realm.name, ClientMark::KIND, id.as_str()).await?;
        let open = |row: RecordRow| {
            let mark = ClientMark::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)?;
            Ok((row, mark))
        };
        row.map(open).transpose()
    }

    /// Returns the operation that sets a mark in place of the one that was read.
    pub(in crate::service) fn put_mark(&self, known: Option<&RecordRow>, mark: &ClientMark) -> RecordOp {
        let row = mark.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        match known {
            Some(known) => RecordOp::Replace(RecordRow { revision: known.revision + 1, ..row }),
            None => RecordOp::Insert(row),
        }
    }

    /// Returns a client that is not defined in the settings.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    pub(in crate::service) async fn stored_client(&self, id: &ClientId) -> Result<Option<RegisteredClient>> {
        let row = self.ports.store.record(&self.realm.name, RegisteredClient::KIND, id.as_str()).await?;
        row.map(|row| open(self.realm, &row)).transpose()
    }
}

fn open(realm: &Realm, row: &RecordRow) -> Result<RegisteredClient> {
    let client = RegisteredClient::open(row, RecordKeys::Realm(&realm.keys)).map_err(Error::internal)?;
    Ok(RegisteredClient { revision: row.revision, ..client })
}
