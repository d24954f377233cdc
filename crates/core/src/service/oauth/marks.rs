//! Marks of the clients in the settings, which a server stores when it starts.

use std::time::Duration;

use crate::{
    ctx::Ctx,
    error::{Error, Result},
    limit::Usage,
    oauth::ClientMark,
    port::{Batch, Precondition},
    record::{Record, RecordKeys, RecordRow},
    service::{Scope, Service},
};

impl Service {
    /// Stores which clients are in the settings, so that consents and sessions of a client that was removed from them
    /// do not count for a later client of the same identifier.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a mark cannot be decrypted.
    pub async fn note_declared_clients(&self, ctx: &Ctx) -> Result<()> {
        let usage = Usage::default();
        for realm in self.realm_names().filter_map(|name| self.realm(name.as_str())) {
            self.scope(ctx, realm, &usage).note_declared().await?;
        }
        Ok(())
    }
}

impl Scope<'_> {
    async fn note_declared(&self) -> Result<()> {
        let declared = &self.realm.policy.openid.declared;
        let mut changes = Vec::new();
        let known = self.client_marks().await?;
        for client in declared {
            let known = known.iter().find(|(_, mark)| mark.id == client.id);
            if known.is_none_or(|(_, mark)| !mark.is_declared) {
                let since = known.map_or(self.ctx.now, |(_, mark)| mark.since.max(self.ctx.now));
                let revision = known.map_or(0, |(_, mark)| mark.revision);
                let mark = ClientMark { id: client.id.clone(), since, is_declared: true, revision };
                changes.push(self.put_mark(known.map(|(row, _)| row), &mark));
            }
        }
        let is_gone = |mark: &ClientMark| mark.is_declared && !declared.iter().any(|client| client.id == mark.id);
        for (row, mark) in known.iter().filter(|(_, mark)| is_gone(mark)) {
            let since = self.ctx.now.plus(Duration::from_millis(1));
            changes.push(self.put_mark(Some(row), &ClientMark { since, is_declared: false, ..mark.clone() }));
        }
        for change in changes {
            // Another server that starts at the same time has stored it.
            let batch: Batch = vec![change.into()];
            self.commit_unless(batch, &[Precondition::RecordFree, Precondition::RecordRevision]).await?;
        }
        Ok(())
    }

    async fn client_marks(&self) -> Result<Vec<(RecordRow, ClientMark)>> {
        let open = |row: RecordRow| {
            let mark = ClientMark::open(&row, RecordKeys::Realm(&self.realm.keys)).map_err(Error::internal)?;
            Ok((row, mark))
        };
        self.all_records(&self.realm.name, ClientMark::KIND).await?.into_iter().map(open).collect()
    }
}
