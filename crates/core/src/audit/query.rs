use super::AuditId;
use crate::{
    id::{RealmName, RequestId, SessionId, UserId},
    seal::BlindIndex,
};

/// The indexed filter that the store uses to find rows. All other filters are applied to the rows it returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFilter {
    All,
    Realm(RealmName),
    User(UserId),
    Event(String),
    /// Identifier of the actor.
    Actor(String),
    Outcome(String),
    Request(RequestId),
    Session(SessionId),
    /// Blind index of an address that belongs to no user.
    Index(BlindIndex),
}

/// Query for a range of row identifiers, which sort by time.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    pub by: AuditFilter,
    /// Inclusive lower bound.
    pub from: AuditId,
    /// Exclusive upper bound.
    pub before: AuditId,
    /// Whether to return the oldest rows first. Used to page backwards.
    pub is_backwards: bool,
    /// Maximum number of rows.
    pub limit: usize,
}
