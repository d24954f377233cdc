use super::AuditId;
use crate::{
    id::{RealmName, RequestId, SessionId, UserId},
    seal::BlindIndex,
};

/// The one filter by which the store finds rows. Each has an index. Further filters of a query are applied to what is found.
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
    /// Address without a user.
    Index(BlindIndex),
}

/// Query for rows, by their identifiers, which sort by time.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    pub by: AuditFilter,
    /// Inclusive lower bound.
    pub from: AuditId,
    /// Exclusive upper bound.
    pub before: AuditId,
    /// Whether the oldest rows come first, for a page before another.
    pub is_backwards: bool,
    /// Maximum number of rows.
    pub limit: usize,
}
