//! `me/sessions`: lists the live sessions of the caller.

use std::cmp::Reverse;

use super::Sessions;
use crate::{
    clock::Timestamp,
    error::{Error, Result},
    id::SessionId,
    seal::DataKey,
    service::Owner,
    session::{Amr, Session, SessionClient},
};

/// A session, as its owner may see it.
#[derive(Debug)]
pub struct ListedSession {
    pub id: SessionId,
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
    /// Client of the login.
    pub client: SessionClient,
    /// Latest possible end, regardless of its use.
    pub expires_at: Timestamp,
    /// End, unless it is refreshed before.
    pub idle_until: Timestamp,
}

impl ListedSession {
    fn open(session: Session, key: &DataKey, current: &SessionId) -> Result<Self> {
        Ok(Self {
            is_current: session.id == *current,
            acr: session.acr(),
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.family.rotated_at,
            auth_time: session.auth_time,
            amr: session.amr,
            client: SessionClient::open(key, &session.client)?,
            expires_at: session.expires_at,
            idle_until: session.family.idle_until,
        })
    }
}

impl Sessions<'_> {
    /// Returns the live sessions of the caller, most recent use first.
    ///
    /// # Errors
    /// Bad token, if the account was deleted meanwhile; unavailable; internal, if a record does not open.
    pub async fn list(&self, owner: &Owner) -> Result<Vec<ListedSession>> {
        let (store, realm, id) = (&self.ports.store, &self.realm.name, &owner.account().id);
        let user = store.user(realm, id).await?.ok_or_else(|| Error::bad_token().because("the user does not exist"))?;
        let key = user.envelope.key(&self.realm.keys, id)?;
        let mut live = store.sessions_of(realm, id).await?;
        live.retain(|session| session.is_live(self.ctx.now));
        live.sort_by(|a, b| (Reverse(a.family.rotated_at), &a.id).cmp(&(Reverse(b.family.rotated_at), &b.id)));
        live.into_iter().map(|session| ListedSession::open(session, &key, owner.session())).collect()
    }
}
