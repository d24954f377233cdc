//! `GET audit` and `POST audit/search`: the audit rows that the caller may see, and the filters.

use super::{
    Administered,
    places::Cursors,
    trail_scan::{Bounds, Scanned},
};
use crate::{
    admin::{AdminRole, Look},
    audit::{AuditClient, AuditEntry, AuditFilter, AuditId, Event, Outcome, PlacedEntry},
    batch,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, CURSOR_INVALID, FIELD_MISSING, VALUE_INVALID},
    },
    id::{RealmName, RequestId, SessionId, UserId},
    port::AddressState,
    seal::{self, BlindIndex},
    service::{FieldErrors, RawField},
};

/// Filters of a query as received.
#[derive(Debug, Default)]
pub struct TrailFilters {
    pub realm: RawField,
    pub user: RawField,
    /// Full email address. Only accepted in a search, where it is part of the body.
    pub email: RawField,
    pub event: RawField,
    /// Identifier of an administrator, API key, user or operating system user.
    pub actor: RawField,
    pub outcome: RawField,
    pub request_id: RawField,
    pub session: RawField,
    pub from: RawField,
    pub to: RawField,
    pub limit: RawField,
    pub cursor: RawField,
}

/// An audit row with the fields that the caller may see.
#[derive(Debug)]
pub struct TrailRow {
    /// Position in the chain. `None` if the row is not sealed yet.
    pub position: Option<u64>,
    pub entry: AuditEntry,
    /// Client, if it can be decrypted and the caller may see it.
    pub client: Option<AuditClient>,
    /// Reason given by an administrator, under the same conditions.
    pub note: Option<String>,
}

/// A page of rows, newest first.
#[derive(Debug)]
pub struct ListedTrail {
    pub items: Vec<TrailRow>,
    pub next: Option<String>,
    pub prev: Option<String>,
    /// Whether the scan has read all rows needed for the page. Otherwise `next` continues it.
    pub complete: bool,
}

/// Visibility of a realm's rows for an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// All rows, without clients and notes.
    Masked,
    /// Only the rows of the user named in the request.
    OneUser,
    All,
}

/// A parsed query.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) realms: Vec<(RealmName, Sight)>,
    user: Option<UserId>,
    index: Option<BlindIndex>,
    event: Option<String>,
    actor: Option<String>,
    outcome: Option<String>,
    request: Option<RequestId>,
    session: Option<SessionId>,
    from: AuditId,
    before: AuditId,
    limit: usize,
}

/// Maximum length of an actor identifier.
const MAX_ACTOR_LENGTH: usize = 128;

impl Administered<'_, Look> {
    /// Returns a page of rows, newest first.
    ///
    /// # Errors
    /// Returns `Invalid` if a filter is malformed or missing, `Forbidden` if an address is given but masked for the
    /// caller, `NotFound` if no grant includes the realm, `Malformed` if the cursor belongs to another query, and
    /// `Unavailable` if the store fails.
    pub async fn trail(&self, filters: &TrailFilters) -> Result<ListedTrail> {
        let wanted = self.wanted(filters).await?;
        let cursors = Cursors::of(&self.realm.keys, "admin/audit", &wanted.text());
        let given = cursors.read(&filters.cursor)?;
        let is_backwards = given.as_ref().is_some_and(|(is_backwards, _)| *is_backwards);
        let place = given.map(|(_, place)| seal::unhex(&place).map(AuditId).ok_or(CURSOR_INVALID)).transpose()?;
        let bounds = match place {
            Some(place) if is_backwards => Bounds { from: wanted.from.max(place.next()), before: wanted.before },
            Some(place) => Bounds { from: wanted.from, before: wanted.before.min(place) },
            None => Bounds { from: wanted.from, before: wanted.before },
        };
        let scanned = self.scan(&wanted, bounds, is_backwards, wanted.limit + 1).await?;
        let Scanned { mut rows, complete, reached } = scanned;
        let has_more = rows.len() > wanted.limit;
        rows.truncate(wanted.limit);
        let text = |id: Option<AuditId>| id.map(|id| seal::hex(&id.0));
        let (first, last) = (rows.first().map(|row| row.entry.id), rows.last().map(|row| row.entry.id));
        // If the scan stopped early, the next page continues there, even if this page is empty.
        let onwards = if has_more { last } else { reached.filter(|_| !complete) };
        if is_backwards {
            rows.reverse();
        }
        let (next, prev) =
            if is_backwards { (first.or(place), onwards) } else { (onwards, first.filter(|_| place.is_some())) };
        Ok(ListedTrail {
            items: self.opened(rows, &wanted.realms).await?,
            next: text(next).map(|place| cursors.expose(false, &place)),
            prev: text(prev).map(|place| cursors.expose(true, &place)),
            complete: has_more || complete,
        })
    }

    /// Returns how much of a realm's rows the caller may see. `None` without any right.
    pub(super) fn sight(&self, realm: &RealmName) -> Option<Sight> {
        let grants = self.admin().grants();
        if *realm == RealmName::admin() {
            grants.administer().then_some(Sight::All)
        } else if grants.reach(AdminRole::Manager, realm) {
            Some(Sight::All)
        } else if grants.reach(AdminRole::Support, realm) {
            Some(Sight::OneUser)
        } else {
            grants.reach(AdminRole::Auditor, realm).then_some(Sight::Masked)
        }
    }

    /// Returns the realms whose rows the caller may see.
    pub(super) fn seen_realms(&self) -> Vec<(RealmName, Sight)> {
        let names = self.realms.names().cloned().chain([RealmName::admin()]);
        names.filter_map(|realm| self.sight(&realm).map(|sight| (realm, sight))).collect()
    }

    async fn wanted(&self, filters: &TrailFilters) -> Result<Wanted> {
        let realms = match &filters.realm {
            RawField::Missing => self.seen_realms(),
            given => {
                let realm = given.text().and_then(|name| self.realms.any(name)).ok_or_else(Error::not_found)?;
                vec![(realm.name.clone(), self.sight(&realm.name).ok_or_else(Error::not_found)?)]
            }
        };
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(&filters.limit);
        let user = parsed(&mut errors, "user", &filters.user, UserId::parse);
        let event = parsed(&mut errors, "event", &filters.event, known_event);
        let actor = parsed(&mut errors, "actor", &filters.actor, |text| {
            (1..=MAX_ACTOR_LENGTH).contains(&text.len()).then(|| text.to_owned())
        });
        let request = parsed(&mut errors, "request_id", &filters.request_id, RequestId::parse);
        let session = parsed(&mut errors, "session", &filters.session, SessionId::parse);
        let outcome = parsed(&mut errors, "outcome", &filters.outcome, known_outcome);
        let (from, to) = (errors.time("from", &filters.from).flatten(), errors.time("to", &filters.to).flatten());
        let has_email = !matches!(filters.email, RawField::Missing);
        if has_email && realms.len() != 1 {
            errors.add(FIELD_MISSING.of("realm"));
        }
        let is_one_user = realms.iter().any(|(_, sight)| *sight == Sight::OneUser);
        if is_one_user && user.is_none() && !has_email {
            errors.add(FIELD_MISSING.of("user"));
        }
        let limit = errors.finish(limit)?;
        let (user, index) = if has_email { self.by_address(&realms, &filters.email).await? } else { (user, None) };
        Ok(Wanted {
            realms,
            user,
            index,
            event,
            actor,
            outcome,
            request,
            session,
            from: from.map_or(AuditId([0; 16]), AuditId::first_at),
            before: to.map_or(AuditId([u8::MAX; 16]), AuditId::first_at),
            limit,
        })
    }

    /// Returns the user of an address, or the blind index if there is no user.
    async fn by_address(
        &self,
        realms: &[(RealmName, Sight)],
        email: &RawField,
    ) -> Result<(Option<UserId>, Option<BlindIndex>)> {
        if realms.iter().any(|(_, sight)| *sight == Sight::Masked) {
            return Err(ADMIN_FORBIDDEN.into());
        }
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        let realm = realms.first().and_then(|(name, _)| self.realms.any(name.as_str())).ok_or_else(Error::not_found)?;
        // Treated like any other search by address: charged to the limit of the role, and recorded.
        if realms.iter().any(|(_, sight)| *sight == Sight::OneUser) {
            self.charge_support(1).await?;
        }
        let scope = self.scope.in_realm(realm);
        let searched = scope.audit(Event::UsersListed).by(self.admin()).detail("filters", vec!["email"]);
        self.commit(batch![searched]).await?;
        let index = email.blind_index(&realm.keys);
        let AddressState { user, registration } = self.ports.store.at_address(&realm.name, index).await?;
        let user = user.map(|user| user.id).or_else(|| registration.map(|pending| pending.id));
        let index = if user.is_none() { Some(index) } else { None };
        Ok((user, index))
    }
}

fn known_event(text: &str) -> Option<String> {
    Event::ALL.iter().find(|event| event.as_str() == text).map(|event| event.as_str().to_owned())
}

fn known_outcome(text: &str) -> Option<String> {
    Outcome::ALL.iter().find(|outcome| outcome.as_str() == text).map(|outcome| outcome.as_str().to_owned())
}

/// Parses an optional filter.
pub(super) fn parsed<T>(
    errors: &mut FieldErrors,
    name: &'static str,
    given: &RawField,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    if matches!(given, RawField::Missing) {
        return None;
    }
    let value = given.text().and_then(parse);
    if value.is_none() {
        errors.add(VALUE_INVALID.of(name));
    }
    value
}

impl Wanted {
    /// Returns the most selective filter that the store supports.
    pub(super) fn filter(&self) -> AuditFilter {
        let (narrow, wide) = (
            self.request.clone().map(AuditFilter::Request).or_else(|| self.session.clone().map(AuditFilter::Session)),
            self.actor.clone().map(AuditFilter::Actor).or_else(|| self.event.clone().map(AuditFilter::Event)),
        );
        let of_user = self.user.clone().map(AuditFilter::User).or_else(|| self.index.map(AuditFilter::Index));
        let realm = || match self.realms.as_slice() {
            [(realm, _)] => Some(AuditFilter::Realm(realm.clone())),
            _ => None,
        };
        let last = || self.outcome.clone().map_or(AuditFilter::All, AuditFilter::Outcome);
        narrow.or(of_user).or(wide).or_else(realm).unwrap_or_else(last)
    }

    /// Returns whether a row matches all filters.
    pub(super) fn matches(&self, row: &PlacedEntry) -> bool {
        let row = &row.entry;
        self.realms.iter().any(|(realm, _)| *realm == row.realm)
            && self.user.as_ref().is_none_or(|user| row.user.as_ref() == Some(user))
            && self.index.is_none_or(|index| row.index == Some(index))
            && self.event.as_ref().is_none_or(|event| row.event == *event)
            && self.actor.as_ref().is_none_or(|actor| row.actor_id.as_ref() == Some(actor))
            && self.outcome.as_ref().is_none_or(|outcome| row.outcome == *outcome)
            && self.request.as_ref().is_none_or(|request| row.request_id == *request)
            && self.session.as_ref().is_none_or(|session| row.session.as_ref() == Some(session))
    }

    /// Returns a canonical string of the filters, used to bind cursors.
    fn text(&self) -> String {
        let realms: Vec<&str> = self.realms.iter().map(|(realm, _)| realm.as_str()).collect();
        let ids = (&self.user, &self.index, &self.request, &self.session);
        format!("{:?}", (realms, ids, &self.event, &self.actor, &self.outcome, self.from, self.before))
    }
}
