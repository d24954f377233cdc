//! Sealed authorities: rights that a verb requires as a value. Their fields are private, and each has one constructor, so
//! that a verb cannot be called without the check.

use std::{ops::Deref, sync::Arc, time::Duration};

use crate::{
    account::Account,
    clock::Timestamp,
    error::{Result, catalogue::AUTH_STALE},
    id::SessionId,
};

/// Authority of the owner of an account, proved by an access token of a live session that no administrator opened.
///
/// Only `Sessions::authenticate` makes one:
///
/// ```compile_fail
/// use portcullis_core::{account::Account, clock::Timestamp, id::SessionId, service::Owner};
///
/// fn forge(account: std::sync::Arc<Account>, session: SessionId) -> Owner {
///     Owner { account, session, auth_time: Timestamp::default() }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Owner {
    account: Arc<Account>,
    session: SessionId,
    auth_time: Timestamp,
}

impl Owner {
    /// Makes the authority. Only `Sessions::authenticate` may call this.
    pub(in crate::service) const fn new(account: Arc<Account>, session: SessionId, auth_time: Timestamp) -> Self {
        Self { account, session, auth_time }
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

    /// Requires the last authentication to be at most this old (RFC 9470).
    ///
    /// # Errors
    /// Stale, if it is older.
    pub(in crate::service) fn fresh(&self, now: Timestamp, max_age: Duration) -> Result<FreshOwner<'_>> {
        if now.since(self.auth_time) > max_age {
            return Err(AUTH_STALE.after(max_age).into());
        }
        Ok(FreshOwner(self))
    }

    /// Makes the authority of an owner whose current password was verified for this request.
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

/// Authority of a service that may introspect tokens, proved by its secret. Only `OAuth::authenticate` makes one.
#[derive(Debug)]
pub struct ApiClient(());

impl ApiClient {
    /// Makes the authority. Only `OAuth::authenticate` may call this.
    pub(in crate::service) const fn new() -> Self {
        Self(())
    }
}
