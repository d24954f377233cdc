//! Management of OpenID Connect clients.

use std::time::Duration;

use super::{Administered, admins::require_seen, client_fields::ClientFields, places::Cursors};
use crate::{
    admin::Manage,
    audit::Event,
    batch,
    error::{
        Error, FieldError, Result,
        catalogue::{
            CLIENT_AUDIENCE, CLIENT_DECLARED, CLIENT_EXISTS, CLIENT_ID_INVALID, CLIENT_NO_SECRET, CLIENT_PUBLIC,
            CLIENTS_OFF,
        },
    },
    oauth::{
        ClientDraft, ClientId, ClientMark, ClientSecret, ClientType, MAX_SECRETS, NewClientSecret, RegisteredClient,
    },
    port::{Precondition, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    service::{
        Expected, FieldErrors, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

/// Cause of the error if changes to a client kept conflicting.
const CONTENDED: &str = "a client kept changing";

/// A page of clients.
#[derive(Debug)]
pub struct ListedClients {
    pub items: Vec<RegisteredClient>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

impl Administered<'_, Manage> {
    /// Returns a page of the clients of the realm, including those defined in the settings, sorted by identifier.
    ///
    /// # Errors
    /// Returns `Invalid` if the limit is malformed, `Malformed` if the cursor belongs to another list, `Unavailable` if
    /// the store fails, and `Internal` if a client cannot be decrypted.
    pub async fn clients(&self, limit: &RawField, cursor: &RawField) -> Result<ListedClients> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let limit = errors.finish(limit)?;
        let mut clients = self.clients_of(self.realm).await?;
        clients.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
        let cursors = Cursors::of(&self.realm.keys, "admin/clients", "");
        let page = cursors.page(clients, |client| client.id.as_str().to_owned(), limit, cursor)?;
        Ok(ListedClients { items: page.items, next: page.next, prev: page.prev })
    }

    /// Returns a client.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, and `Unavailable` if the store fails.
    pub async fn client_named(&self, id: &str) -> Result<RegisteredClient> {
        self.client(id).await?.ok_or_else(Error::not_found)
    }

    /// Adds a client and returns the secret of a confidential client, which is shown only once.
    ///
    /// # Errors
    /// Returns `Invalid` if a field is invalid, `Conflict` if the identifier is taken or clients are not supported, and
    /// `Unavailable` if the store fails.
    pub async fn add_client(
        &self,
        id: &RawField,
        fields: &ClientFields,
        mut errors: FieldErrors,
    ) -> Result<(RegisteredClient, Option<NewClientSecret>)> {
        let openid = &self.realm.policy.openid;
        let draft = fields.draft(&mut errors);
        let named = errors.text("id", id).map(ClientId::parse);
        if named == Some(None) {
            errors.add(CLIENT_ID_INVALID.of("id"));
        }
        // The other fields are checked under any id, so that all errors are reported together.
        let id = named.flatten().or_else(|| ClientId::parse("client")).ok_or_else(Error::not_found)?;
        // What an earlier client of this id had is not for this one.
        let mark = self.client_mark(&id).await?.map(|(_, mark)| mark);
        let since = mark.as_ref().map_or(self.ctx.now, |mark| self.ctx.now.max(mark.since));
        let mut client = self.checked(errors, draft.finish(&id, None, &openid.scopes, since))?;
        if !openid.is_possible {
            return Err(CLIENTS_OFF.into());
        }
        if openid.declared(&id).is_some() {
            return Err(CLIENT_DECLARED.into());
        }
        let secret = client.takes_secret().then(|| NewClientSecret::random(self.ctx));
        client.secrets = secret.iter().map(|secret| ClientSecret::of(secret.expose(), self.ctx.now)).collect();
        client.revision = mark.map_or(0, |mark| mark.revision) + 1;
        let insert = RecordOp::Insert(self.sealed(&client));
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", id.as_str()).detail("change", "added");
        if !self.commit_unless(batch![insert, audit], &[Precondition::RecordFree]).await? {
            return Err(CLIENT_EXISTS.into());
        }
        tracing::info!(realm = %self.realm.name, client = %id, "client added");
        Ok((client, secret))
    }

    /// Changes fields of a client, at the expected revision if one is given.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, `Invalid` if a field is invalid, `Conflict` if it is defined in the
    /// settings, `Outdated` if the revision differs, and `Unavailable` if the store fails.
    pub async fn edit_client(
        &self,
        id: &str,
        expected: &Expected,
        fields: &ClientFields,
        mut errors: FieldErrors,
    ) -> Result<RegisteredClient> {
        let known = self.client_named(id).await?;
        let draft = fields.draft(&mut errors);
        let scopes = &self.realm.policy.openid.scopes;
        self.checked(errors, draft.finish(&known.id, Some(&known), scopes, self.ctx.now))?;
        retry(ATTEMPTS, CONTENDED, |_| self.edit_once(&known.id, expected, &draft)).await
    }

    /// Changes fields of a client. Returns `None` if it was changed concurrently.
    async fn edit_once(
        &self,
        id: &ClientId,
        expected: &Expected,
        draft: &ClientDraft,
    ) -> Result<Option<RegisteredClient>> {
        let known = self.changeable(id, expected).await?;
        let scopes = &self.realm.policy.openid.scopes;
        let finished = draft.finish(id, Some(&known), scopes, self.ctx.now);
        let mut client = self.checked(FieldErrors::default(), finished)?;
        if !client.takes_secret() {
            client.secrets.clear();
        }
        self.replace(client, "edited").await
    }

    /// Generates a new secret, at the expected revision if one is given. The previous one remains valid unless `now` is
    /// set.
    ///
    /// # Errors
    /// Returns `NotFound` if the client does not exist, `Invalid` if a field is invalid, `Conflict` if it is defined in
    /// the settings or has no secret, `Outdated` if the revision differs, and `Unavailable` if the store fails.
    pub async fn rotate_client(
        &self,
        id: &str,
        expected: &Expected,
        now: &RawField,
        mut errors: FieldErrors,
    ) -> Result<(RegisteredClient, NewClientSecret)> {
        let known = self.client_named(id).await?;
        let now = errors.flag("now", now);
        let is_now = errors.finish(now)?;
        retry(ATTEMPTS, CONTENDED, |_| self.rotate_once(&known.id, expected, is_now)).await
    }

    /// Generates a new secret. Returns `None` if the client was changed concurrently.
    async fn rotate_once(
        &self,
        id: &ClientId,
        expected: &Expected,
        is_now: bool,
    ) -> Result<Option<(RegisteredClient, NewClientSecret)>> {
        let mut client = self.changeable(id, expected).await?;
        if client.client_type == ClientType::Public {
            return Err(CLIENT_PUBLIC.into());
        }
        if !client.takes_secret() {
            return Err(CLIENT_NO_SECRET.into());
        }
        let secret = NewClientSecret::random(self.ctx);
        client.secrets.insert(0, ClientSecret::of(secret.expose(), self.ctx.now));
        client.secrets.truncate(if is_now { 1 } else { MAX_SECRETS });
        Ok(self.replace(client, "rotated").await?.map(|client| (client, secret)))
    }

    /// Removes a client, at the expected revision if one is given. Its tokens are rejected from then on, also if its id
    /// is used again.
    ///
    /// # Errors
    /// Returns `NotFound` if it does not exist, `Conflict` if it is defined in the settings, `Outdated` if the revision
    /// differs, and `Unavailable` if the store fails.
    pub async fn remove_client(&self, id: &str, expected: &Expected) -> Result<()> {
        let known = self.client_named(id).await?;
        retry(ATTEMPTS, CONTENDED, |_| self.remove_once(&known.id, expected)).await
    }

    /// Removes a client. Returns `None` if it was changed concurrently.
    async fn remove_once(&self, id: &ClientId, expected: &Expected) -> Result<Option<()>> {
        let client = self.changeable(id, expected).await?;
        let (realm, key, revision) = (self.realm.name.clone(), client.key(), Some(client.revision));
        let delete = RecordOp::Delete { realm, kind: RegisteredClient::KIND, key, revision };
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", client.id.as_str()).detail("change", "removed");
        let known = self.client_mark(&client.id).await?.map(|(row, _)| row);
        let since = self.ctx.now.plus(Duration::from_millis(1));
        let (id, revision) = (client.id.clone(), client.revision);
        let mark = self.put_mark(known.as_ref(), &ClientMark { id, since, is_declared: false, revision });
        let lost = [Precondition::RecordRevision, Precondition::RecordFree];
        let is_done = self.commit_unless(batch![delete, mark, audit], &lost).await?;
        if is_done {
            tracing::info!(realm = %self.realm.name, client = %client.id, "client removed");
        }
        Ok(is_done.then_some(()))
    }

    /// Returns a client that can be changed, if it has the expected revision.
    async fn changeable(&self, id: &ClientId, expected: &Expected) -> Result<RegisteredClient> {
        if self.realm.policy.openid.declared(id).is_some() {
            return Err(CLIENT_DECLARED.into());
        }
        let client = self.stored_client(id).await?.ok_or_else(Error::not_found)?;
        require_seen(expected, client.revision)?;
        Ok(client)
    }

    fn checked(
        &self,
        mut errors: FieldErrors,
        read: Result<RegisteredClient, Vec<FieldError>>,
    ) -> Result<RegisteredClient> {
        let client = read.map_err(|bad| errors.add_of_others(bad)).ok();
        let is_foreign = client.as_ref().is_some_and(|client| !client.first_party);
        if is_foreign && self.realm.policy.openid.first_party_only {
            errors.add(CLIENT_AUDIENCE.of("first_party"));
        }
        errors.finish(client)
    }

    /// Replaces a client that was read at its revision, and returns it with the new one. Returns `None` if it was changed
    /// concurrently.
    async fn replace(&self, client: RegisteredClient, change: &'static str) -> Result<Option<RegisteredClient>> {
        let client = RegisteredClient { revision: client.revision + 1, ..client };
        let replace = RecordOp::Replace(self.sealed(&client));
        let audit = self.audit(Event::ClientChanged).by(self.admin());
        let audit = audit.detail("client", client.id.as_str()).detail("change", change);
        let is_done = self.commit_unless(batch![replace, audit], &[Precondition::RecordRevision]).await?;
        if is_done {
            tracing::info!(realm = %self.realm.name, client = %client.id, change, "client changed");
        }
        Ok(is_done.then_some(client))
    }

    fn sealed(&self, client: &RegisteredClient) -> RecordRow {
        let row = client.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        RecordRow { revision: client.revision, ..row }
    }
}
