use super::Owner;
use crate::{
    account::Account,
    clock::Timestamp,
    error::{Error, Result},
    id::{ClientId, SessionId},
    session::{Impersonator, TokenHash},
};

/// Authority to see an account, proved by an access token of a live session. An administrator who impersonates the user
/// has only this authority.
///
/// Only `Sessions::authenticate` creates one:
///
/// ```compile_fail
/// use portcullis_core::service::{Owner, Viewer};
///
/// fn forge(owner: Owner) -> Viewer {
///     Viewer { owner, impersonator: None, cookie: None, client: None }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Viewer {
    owner: Owner,
    impersonator: Option<Impersonator>,
    /// Hash of the cookie that proved it, if a cookie did.
    cookie: Option<TokenHash>,
    /// Client whose token proved it, if it was not a token of the server's own.
    client: Option<ClientId>,
}

impl Viewer {
    /// Creates the authority. Only `Sessions::authenticate` may call this.
    pub(in crate::service) const fn new(owner: Owner, impersonator: Option<Impersonator>) -> Self {
        Self { owner, impersonator, cookie: None, client: None }
    }

    /// Returns the authority with the hash of the cookie that proved it.
    pub(in crate::service) fn with_cookie(self, cookie: TokenHash) -> Self {
        Self { cookie: Some(cookie), ..self }
    }

    /// Returns the authority with the client whose token proved it.
    pub(in crate::service) fn with_client(self, client: ClientId) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Returns whether a token of a client proved it.
    #[must_use]
    pub const fn is_by_client(&self) -> bool {
        self.client.is_some()
    }

    /// Returns the hash of the cookie that proved it, if a cookie did.
    pub(in crate::service) const fn cookie(&self) -> Option<&TokenHash> {
        self.cookie.as_ref()
    }

    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &Account {
        self.owner.account()
    }

    /// Returns the session of the access token.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        self.owner.session()
    }

    /// Returns the time of the last authentication.
    #[must_use]
    pub const fn signed_in_at(&self) -> Timestamp {
        self.owner.signed_in_at()
    }

    /// Returns the impersonator who created the session, if it is an impersonation session.
    #[must_use]
    pub const fn impersonator(&self) -> Option<&Impersonator> {
        self.impersonator.as_ref()
    }

    /// Returns the account if `id` is missing or matches it.
    ///
    /// # Errors
    /// Returns `NotFound` if the identifier belongs to another account.
    pub fn own_account(&self, id: Option<&str>) -> Result<&Account> {
        match id {
            Some(id) if id != self.account().id.as_str() => Err(Error::not_found()),
            _ => Ok(self.account()),
        }
    }

    /// Returns the authority to change the account, or `None` for an impersonation session.
    pub(in crate::service) fn into_owner(self) -> Option<Owner> {
        self.impersonator.is_none().then_some(self.owner)
    }
}
