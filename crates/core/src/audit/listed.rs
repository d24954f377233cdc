use super::{ActorKind, AuditClient, AuditEntry, AuditId};
use crate::{clock::Timestamp, error::Result, id::SessionId, seal::DataKey};

/// An event as shown to the user it concerns.
#[derive(Debug)]
pub struct ListedEvent {
    pub id: AuditId,
    pub at: Timestamp,
    pub event: String,
    pub outcome: String,
    /// Client of the request. Empty if an administrator made the request, because it could identify them.
    pub client: AuditClient,
    pub session: Option<SessionId>,
    /// `user`, `admin` or `server`. Does not identify the administrator.
    pub by: &'static str,
}

impl ListedEvent {
    /// Decrypts a row with the data key of the user it concerns.
    ///
    /// # Errors
    /// Returns `Internal` if the client cannot be decrypted.
    pub(crate) fn open(entry: AuditEntry, key: &DataKey) -> Result<Self> {
        let by = match ActorKind::parse(&entry.actor_kind) {
            Some(ActorKind::Admin | ActorKind::Key | ActorKind::Cli) => "admin",
            Some(ActorKind::User | ActorKind::Anonymous) => "user",
            Some(ActorKind::Server) | None => "server",
        };
        let client = entry.client.filter(|_| by != "admin");
        let client = client.map(|sealed| AuditClient::open_for(key, entry.id, &sealed)).transpose()?;
        Ok(Self {
            id: entry.id,
            at: entry.at,
            event: entry.event,
            outcome: entry.outcome,
            client: client.unwrap_or_default(),
            session: entry.session,
            by,
        })
    }
}
