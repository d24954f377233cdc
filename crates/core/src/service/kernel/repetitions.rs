//! Aggregation of repeated rejections: the first of a kind is written to the audit trail immediately, and those of
//! the next minute as a single row.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    audit::{ActorKind, AuditRow, Event, REQUESTS},
    clock::Timestamp,
    id::{RealmName, RequestId, UserId},
    limit::{LimitKey, LimitKind},
    seal::BlindIndex,
};

/// Time after the first rejection during which similar ones are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// Maximum number of request IDs in the row of repeated rejections.
const MAX_REQUESTS: usize = 20;
/// Maximum number of groups counted at the same time. Further rejections are written individually.
const MAX_GROUPS: usize = 10_000;

/// Rejections of one kind for one account or client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Group {
    realm: RealmName,
    event: &'static str,
    reason: Option<&'static str>,
    of: Subject,
    /// Administrator, API key or operating system user.
    by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    User(UserId),
    Address(BlindIndex),
    Client(Option<LimitKey>),
}

impl Group {
    fn of(row: &AuditRow, client: Option<IpAddr>) -> Self {
        let of = match (&row.user, row.index) {
            (Some(user), _) => Subject::User(user.clone()),
            (None, Some(index)) => Subject::Address(index),
            (None, None) => Subject::Client(client.map(|ip| LimitKey::client(LimitKind::Passwords, ip))),
        };
        let is_admin = matches!(row.actor.kind, ActorKind::Admin | ActorKind::Key | ActorKind::Cli);
        let by = row.actor.id.clone().filter(|_| is_admin);
        Self { realm: row.realm.clone(), event: row.event.as_str(), reason: row.reason, of, by }
    }
}

/// Repetitions of a rejection.
#[derive(Debug)]
struct Repeated {
    began: Timestamp,
    /// The last rejection.
    last: Option<AuditRow>,
    count: u64,
    /// Ids of the first requests.
    requests: Vec<RequestId>,
}

impl Repeated {
    const fn from(began: Timestamp) -> Self {
        Self { began, last: None, count: 0, requests: Vec::new() }
    }

    /// Returns the row for the repetitions, if there are any.
    fn into_row(self) -> Option<AuditRow> {
        let last = self.last?;
        let event: Event = last.event;
        let requests: Vec<&str> = self.requests.iter().map(RequestId::as_str).collect();
        Some(AuditRow { count: self.count, details: last.details.clone().with(event, REQUESTS, requests), ..last })
    }
}

#[derive(Debug, Default)]
struct State {
    groups: HashMap<Group, Repeated>,
    /// Rows to be written.
    ended: Vec<AuditRow>,
}

/// Rejections of the last minute in this process. Unwritten ones are lost if the process crashes.
#[derive(Debug, Default)]
pub(in crate::service) struct Repetitions(Mutex<State>);

impl Repetitions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the row if it is the first of its kind. Otherwise counts it.
    pub(super) fn admit(&self, row: AuditRow, client: Option<IpAddr>) -> Option<AuditRow> {
        let (group, mut state) = (Group::of(&row, client), self.state());
        if let Some(known) = state.groups.get_mut(&group)
            && row.at.since(known.began) < WINDOW
        {
            known.count += 1;
            if known.requests.len() < MAX_REQUESTS {
                known.requests.push(row.request_id.clone());
            }
            known.last = Some(row);
            return None;
        }
        let over = state.groups.remove(&group).and_then(Repeated::into_row);
        state.ended.extend(over);
        if state.groups.len() < MAX_GROUPS {
            state.groups.insert(group, Repeated::from(row.at));
        }
        Some(row)
    }

    /// Takes the rows of the repetitions whose minute is over, or of all of them.
    pub(in crate::service) fn take(&self, now: Timestamp, all: bool) -> Vec<AuditRow> {
        let mut state = self.state();
        let over = state.groups.extract_if(|_, repeated| all || now.since(repeated.began) >= WINDOW);
        let rows: Vec<AuditRow> = over.filter_map(|(_, repeated)| repeated.into_row()).collect();
        let mut ended = std::mem::take(&mut state.ended);
        ended.extend(rows);
        ended
    }

    /// Puts back rows that could not be written.
    pub(in crate::service) fn put_back(&self, rows: &[AuditRow]) {
        let mut state = self.state();
        let room = MAX_GROUPS.saturating_sub(state.ended.len());
        state.ended.extend(rows.iter().take(room).cloned());
    }
}
