//! Authorities: permissions that an operation requires as a value. Their fields are private and each has one
//! constructor, so that an operation cannot be called without the check.

use std::{ops::Deref, sync::Arc, time::Duration};

use crate::{
    account::Account,
    clock::Timestamp,
    error::{
        Result,
        catalogue::{AUTH_STALE, AUTH_STALE_TWO_FACTORS},
    },
    id::SessionId,
    oauth::{RegisteredClient, Scopes},
    session::Assurance,
};

/// Authority of the owner of an account, proved by an access token of a live session that no administrator opened.
///
/// Only `Sessions::authenticate` creates one:
///
/// ```compile_fail
/// use portcullis_core::{account::Account, clock::Timestamp, id::SessionId, service::Owner};
///
/// fn forge(account: std::sync::Arc<Account>, session: SessionId) -> Owner {
///     Owner { account, session, authentication: Default::default(), scopes: None }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Owner {
    account: Arc<Account>,
    session: SessionId,
    authentication: Authentication,
    /// Scopes of the token, if a client has it.
    scopes: Option<Scopes>,
}

/// Last authentication of a session.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Authentication {
    pub(in crate::service) at: Timestamp,
    pub(in crate::service) assurance: Assurance,
    /// Whether the account needs two factors.
    pub(in crate::service) needs_two: bool,
}

impl Owner {
    /// Creates the authority. Only `Sessions::authenticate` may call this.
    pub(in crate::service) const fn new(
        account: Arc<Account>,
        session: SessionId,
        authentication: Authentication,
    ) -> Self {
        Self { account, session, authentication, scopes: None }
    }

    /// Returns the authority with the scopes of the client's token that proved it.
    pub(in crate::service) fn with_scopes(self, scopes: Scopes) -> Self {
        Self { scopes: Some(scopes), ..self }
    }

    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the session of the access token.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        &self.session
    }

    /// Returns the scopes of the token, if a client has it. A token made with its authority has no others.
    pub(in crate::service) const fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Returns the time of the last authentication.
    #[must_use]
    pub const fn signed_in_at(&self) -> Timestamp {
        self.authentication.at
    }

    /// Requires that the last authentication is at most this old and, with two-step verification, that it used two
    /// factors (RFC 9470).
    ///
    /// # Errors
    /// Returns `Stale` if the authentication is older or weaker.
    pub(in crate::service) fn fresh(&self, now: Timestamp, max_age: Duration) -> Result<FreshOwner<'_>> {
        let Authentication { at, assurance, needs_two } = self.authentication;
        if now.since(at) > max_age || (needs_two && assurance < Assurance::TwoFactors) {
            let stale = if needs_two { AUTH_STALE_TWO_FACTORS } else { AUTH_STALE };
            return Err(stale.after(max_age).into());
        }
        Ok(FreshOwner(self))
    }

    /// Returns whether the account needs two factors, so that a password alone cannot renew the session.
    pub(in crate::service) const fn needs_two_factors(&self) -> bool {
        self.authentication.needs_two
    }

    /// Creates the authority of an owner whose current password was verified for this request.
    pub(in crate::service) const fn reauthenticated(&self) -> FreshOwner<'_> {
        FreshOwner(self)
    }
}

/// Authority of an owner who has authenticated recently.
#[derive(Debug, Clone, Copy)]
pub struct FreshOwner<'a>(&'a Owner);

impl Deref for FreshOwner<'_> {
    type Target = Owner;

    fn deref(&self) -> &Owner {
        self.0
    }
}

/// Authority of an authenticated client. Only `OAuth::authenticate_client` creates it.
#[derive(Debug)]
pub struct AuthenticatedClient(RegisteredClient);

impl AuthenticatedClient {
    /// Creates the authority. Only `OAuth::authenticate_client` may call this.
    pub(in crate::service) const fn new(client: RegisteredClient) -> Self {
        Self(client)
    }
}

impl Deref for AuthenticatedClient {
    type Target = RegisteredClient;

    fn deref(&self) -> &RegisteredClient {
        &self.0
    }
}

/// Caller that may introspect tokens.
#[derive(Debug)]
pub enum Introspector {
    /// A service of the operator, which may introspect all tokens.
    Service(ApiClient),
    /// A confidential client, which may introspect its own tokens.
    Client(Box<AuthenticatedClient>),
}

/// Authority of a service that may introspect tokens, proved by its secret. Only `OAuth::authenticate` creates one.
#[derive(Debug)]
pub struct ApiClient(());

impl ApiClient {
    /// Creates the authority. Only `OAuth::authenticate` may call this.
    pub(in crate::service) const fn new() -> Self {
        Self(())
    }
}
