//! Sessions, their refresh tokens, and the change log that ends them on every server.

mod amr;
mod assurance;
mod change_log;
mod client;
pub mod device;
mod family;
mod grant;
mod impersonator;
mod kind;
mod listed;
mod surplus;
mod user_agent;

pub use amr::Amr;
pub use assurance::Assurance;
pub use change_log::{CHANGES_KEPT, Change, LogPosition, Revocation, StoredChange};
pub(crate) use client::Openers;
pub use client::SessionClient;
pub use family::{Family, Position, TokenHash};
pub use grant::SessionGrant;
pub use impersonator::Impersonator;
pub use kind::SessionKind;
pub use listed::ListedSession;
pub use surplus::{SessionUse, surplus};
pub use user_agent::device_name;

use crate::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    seal::Sealed,
};

/// A login of a user, until it is revoked or expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub realm: RealmName,
    /// `sid` claim of its access tokens.
    pub id: SessionId,
    pub user: UserId,
    pub kind: SessionKind,
    /// Time of the last authentication.
    pub auth_time: Timestamp,
    /// Methods of the last authentication.
    pub amr: Vec<Amr>,
    /// [`SessionClient`], sealed under the user's data key.
    pub client: Sealed,
    /// Impersonator, if it is an impersonation session.
    pub impersonator: Option<Impersonator>,
    pub created_at: Timestamp,
    /// Latest expiry, even if the session is in use.
    pub expires_at: Timestamp,
    pub family: Family,
    /// Permissions of the client. Only client sessions have them.
    pub grant: Option<SessionGrant>,
}

impl Session {
    /// Returns the assurance of the last authentication.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        Assurance::of(&self.amr)
    }

    /// Returns the authentication context class. The phishing-resistant class is only returned if it was requested.
    #[must_use]
    pub fn acr(&self) -> &'static str {
        self.assurance().min(Assurance::TwoFactors).acr()
    }

    /// Returns whether it has neither expired nor been idle for too long.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.min(self.family.idle_until) > now
    }
}
