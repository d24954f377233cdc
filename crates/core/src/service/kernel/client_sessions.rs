//! Sessions of clients and browsers, shared by several areas.

use super::Scope;
use crate::{
    account::Account,
    error::{Error, Result},
    oauth::{ClientId, Consent, RegisteredClient, Scopes, scopes::BUILT_IN},
    record::{Record, RecordKeys, RecordRow},
    seal::DataKey,
    session::{Session, SessionGrant, SessionKind},
};

impl Scope<'_> {
    /// Returns the client of a session, unless the client was removed since the session started.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    async fn client_of(&self, session: &Session, grant: &SessionGrant) -> Result<Option<RegisteredClient>> {
        let client = self.client(grant.client.as_str()).await?;
        Ok(client.filter(|client| client.created_at <= session.created_at))
    }

    /// Returns those of the scopes that both the client and the realm have.
    pub(in crate::service) fn admitted_scopes(&self, client: &RegisteredClient, asked: &Scopes) -> Scopes {
        let of_realm = Scopes::of(BUILT_IN).unwrap_or_default().union(&self.realm.policy.openid.scopes);
        asked.within(&client.scopes).within(&of_realm)
    }

    /// Returns the current permissions of the client of a session, with the client. A client that was restricted since
    /// then is also restricted in its sessions. Returns `None` if the client does not exist any more, if it needs a
    /// consent that the user has withdrawn, or if the session is weaker than the client now requires.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn granted(
        &self,
        session: &Session,
    ) -> Result<Option<(RegisteredClient, SessionGrant)>> {
        let Some(grant) = &session.grant else { return Ok(None) };
        let Some(client) = self.client_of(session, grant).await? else { return Ok(None) };
        if client.acr.is_some_and(|lowest| session.assurance() < lowest) {
            return Ok(None);
        }
        let mut scopes = self.admitted_scopes(&client, &grant.scopes);
        if !client.first_party {
            let Some(account) = self.account(&session.user).await? else { return Ok(None) };
            let Some(consent) = self.consent_of(&account, &client).await? else { return Ok(None) };
            // A session that a withdrawal missed does not revive with the next consent.
            if consent.created_at > session.created_at {
                return Ok(None);
            }
            scopes = scopes.within(&consent.scopes);
        }
        Ok(Some((client, SessionGrant { scopes, ..grant.clone() })))
    }

    async fn consent_of(&self, account: &Account, client: &RegisteredClient) -> Result<Option<Consent>> {
        let key = self.realm.keys.open_data_key(&account.id, &account.data_key).map_err(Error::internal)?;
        let found = self.consent_record(&account.id, &client.id, &key).await?;
        Ok(found.map(|(_, consent)| consent).filter(|consent| consent.created_at >= client.created_at))
    }

    /// Returns the stored consent of a user to the clients that had this id, with the record.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(in crate::service) async fn consent_record(
        &self,
        user: &crate::id::UserId,
        client: &ClientId,
        key: &DataKey,
    ) -> Result<Option<(RecordRow, Consent)>> {
        let row = self.ports.store.record(&self.realm.name, Consent::KIND, &Consent::key_of(user, client)).await?;
        let open = |row: RecordRow| {
            let consent = Consent::open(&row, RecordKeys::Owner(key)).map_err(Error::internal)?;
            Ok((row, consent))
        };
        row.map(open).transpose()
    }

    /// Returns the permissions of the client of a session, if the session is live: its client exists, and so does the
    /// browser session, unless the client's session may outlive it. Everything is read from the store each time, so
    /// that an end takes effect immediately.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(in crate::service) async fn live_grant(&self, session: &Session) -> Result<Option<SessionGrant>> {
        if session.kind != SessionKind::Client || !session.is_live(self.ctx.now) {
            return Ok(None);
        }
        let Some((_, grant)) = self.granted(session).await? else { return Ok(None) };
        Ok(if self.has_parent(&grant).await? { Some(grant) } else { None })
    }

    /// Returns whether the browser session of a client session is live, or the client session may outlive it.
    async fn has_parent(&self, grant: &SessionGrant) -> Result<bool> {
        if grant.is_offline() {
            return Ok(true);
        }
        let parent = self.ports.store.session(&self.realm.name, &grant.parent).await?;
        Ok(parent.is_some_and(|parent| parent.kind == SessionKind::Browser && parent.is_live(self.ctx.now)))
    }
}
