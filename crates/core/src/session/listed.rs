use super::{Amr, Session, SessionClient, SessionKind};
use crate::{
    clock::Timestamp,
    error::Result,
    id::{ClientId, SessionId},
    seal::DataKey,
};

/// A session as shown to its owner.
#[derive(Debug)]
pub struct ListedSession {
    pub id: SessionId,
    pub kind: SessionKind,
    /// Whether the request was made with a token of this session.
    pub is_current: bool,
    pub created_at: Timestamp,
    /// Time of the last refresh, or of the login before the first one.
    pub last_used_at: Timestamp,
    /// Time of the last authentication.
    pub auth_time: Timestamp,
    /// Authentication context class.
    pub acr: &'static str,
    /// Methods of the last authentication.
    pub amr: Vec<Amr>,
    /// OpenID Connect client of the session and its name, if any.
    pub application: Option<(ClientId, String)>,
    /// Client of the login. Empty for an impersonation session, because it could identify the administrator.
    pub client: SessionClient,
    /// Latest expiry, even if the session is in use.
    pub expires_at: Timestamp,
    /// Whether it is an impersonation session of an administrator.
    pub is_impersonated: bool,
    /// Expiry if it is not refreshed before.
    pub idle_until: Timestamp,
}

impl ListedSession {
    /// Opens a session with the data key of its user.
    ///
    /// # Errors
    /// Returns `Internal` if its client cannot be decrypted.
    pub(crate) fn open(session: Session, key: &DataKey, current: &SessionId) -> Result<Self> {
        let is_impersonated = session.impersonator.is_some();
        let client =
            if is_impersonated { SessionClient::default() } else { SessionClient::open(key, &session.client)? };
        Ok(Self {
            is_current: session.id == *current,
            acr: session.acr(),
            is_impersonated,
            id: session.id,
            kind: session.kind,
            created_at: session.created_at,
            last_used_at: session.family.rotated_at,
            auth_time: session.auth_time,
            amr: session.amr,
            application: None,
            client,
            expires_at: session.expires_at,
            idle_until: session.family.idle_until,
        })
    }
}
