//! `GET …/users` and the filters shared with search.

use super::{
    Administered,
    places::{Cursors, place_text, read_place},
    sheet::{name_of, status_of},
};
use crate::{
    account::{Role, User},
    admin::{Invitation, Look},
    audit::Event,
    batch,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ROLE_INVALID, VALUE_INVALID},
    },
    id::RealmName,
    port::{UserPlace, UserQuery},
    record::{Record, RecordRow},
    service::{FieldErrors, RawField},
};

/// Filters of a list as received.
#[derive(Debug, Default)]
pub struct UserFilters {
    /// Identifier, or a prefix of at least 6 characters.
    pub id: RawField,
    pub status: RawField,
    pub role: RawField,
    pub two_step: RawField,
    pub created_after: RawField,
    pub created_before: RawField,
    pub seen_before: RawField,
    pub limit: RawField,
    pub cursor: RawField,
}

/// A user in a list.
#[derive(Debug)]
pub struct ListedUser {
    pub id: String,
    pub status: &'static str,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub roles: Vec<String>,
    pub two_step: bool,
    pub created_at: Timestamp,
    pub seen_on: Option<Timestamp>,
}

impl ListedUser {
    /// Returns whether the user matches all filters except the status.
    pub(super) fn is_described_by(&self, query: &UserQuery) -> bool {
        self.id.starts_with(&query.id_prefix)
            && query.role.as_ref().is_none_or(|role| self.roles.iter().any(|own| own == role.as_str()))
            && query.two_step.is_none_or(|two_step| self.two_step == two_step)
            && query.created_from.is_none_or(|from| self.created_at >= from)
            && query.created_before.is_none_or(|before| self.created_at < before)
            && query.seen_before.is_none_or(|before| self.seen_on.is_none_or(|on| on < before))
    }
}

/// A page of users.
#[derive(Debug, Default)]
pub struct ListedUsers {
    pub items: Vec<ListedUser>,
    pub next: Option<String>,
    pub prev: Option<String>,
    /// Number of users decrypted by a full-text search.
    pub scanned: Option<usize>,
    /// Whether a full-text search has covered all users.
    pub complete: Option<bool>,
}

/// Minimum length of an identifier prefix.
const MIN_PREFIX: usize = 6;
/// Values of the status filter. The empty one means any status.
pub(super) const STATUSES: [&str; 3] = ["", "active", "locked"];

impl Administered<'_, Look> {
    /// Returns a page of users, newest first.
    ///
    /// # Errors
    /// Returns `Invalid` if a filter is malformed, `Malformed` if the cursor belongs to another list, and
    /// `Unavailable` if the store fails.
    pub async fn list(&self, filters: &UserFilters) -> Result<ListedUsers> {
        self.require_realm_of_users()?;
        self.charge_reads(1).await?;
        if filters.status.text() == Some("invited") {
            return self.list_invitations(filters).await;
        }
        let query = self.query(filters, &STATUSES)?;
        let cursors = Cursors::of(&self.realm.keys, "admin/users", &filter_text(&query));
        let page = self.page(query, &cursors, &filters.cursor).await?;
        self.charge_reads(page.items.len().saturating_sub(1)).await?;
        self.note_list(filters, None).await?;
        Ok(page)
    }

    /// Rejects the administrators' realm, which has no users.
    ///
    /// # Errors
    /// Returns `NotFound` for the administrators' realm.
    pub(super) fn require_realm_of_users(&self) -> Result<()> {
        if self.realm.name == RealmName::admin() { Err(Error::not_found()) } else { Ok(()) }
    }

    /// Parses the filters. `statuses` lists the accepted values of the status.
    ///
    /// # Errors
    /// Returns `Invalid` with all malformed filters.
    pub(super) fn query(&self, filters: &UserFilters, statuses: &[&'static str]) -> Result<UserQuery> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(&filters.limit);
        let prefix = filters.id.text().unwrap_or_default().to_owned();
        if !matches!(filters.id, RawField::Missing) && prefix.len() < MIN_PREFIX {
            errors.add(VALUE_INVALID.of("id"));
        }
        let is_locked = errors.one_of("status", &filters.status, statuses).and_then(|status| match status {
            "active" => Some(false),
            "locked" => Some(true),
            _ => None,
        });
        let role = filters.role.text().map(Role::parse);
        if role == Some(None) {
            errors.add(ROLE_INVALID.of("role"));
        }
        let two_step = match &filters.two_step {
            RawField::Missing => None,
            given => errors.flag("two_step", given),
        };
        let created_from = errors.time("created_after", &filters.created_after).flatten();
        let created_before = errors.time("created_before", &filters.created_before).flatten();
        let seen_before = errors.time("seen_before", &filters.seen_before).flatten();
        let limit = errors.finish(limit)?;
        Ok(UserQuery {
            is_locked,
            role: role.flatten(),
            two_step,
            created_from,
            created_before,
            seen_before,
            id_prefix: prefix,
            ..UserQuery::of(self.realm.name.clone(), self.ctx.now, limit)
        })
    }

    /// Reads a page in the direction of the cursor. Returns cursors for both directions.
    pub(super) async fn page(
        &self,
        mut query: UserQuery,
        cursors: &Cursors<'_>,
        cursor: &RawField,
    ) -> Result<ListedUsers> {
        let limit = query.limit;
        let given = cursors.read(cursor)?;
        let is_backwards = given.as_ref().is_some_and(|(is_backwards, _)| *is_backwards);
        query.from = given.as_ref().map(|(_, place)| read_place(place)).transpose()?;
        query.is_backwards = is_backwards;
        query.limit = limit + 1;
        let mut users = self.ports.store.users_page(&query).await?;
        let has_more = users.len() > limit;
        users.truncate(limit);
        if is_backwards {
            users.reverse();
        }
        let edge = |user: Option<&User>| user.map(|user| place_text(&UserPlace::from(user)));
        let has_next = if is_backwards { true } else { has_more };
        let has_prev = if is_backwards { has_more } else { given.is_some() };
        let next = edge(users.last()).filter(|_| has_next).map(|place| cursors.expose(false, &place));
        let prev = edge(users.first()).filter(|_| has_prev).map(|place| cursors.expose(true, &place));
        let items = users.iter().map(|user| self.listed(user)).collect::<Result<_>>()?;
        Ok(ListedUsers { items, next, prev, ..ListedUsers::default() })
    }

    /// Decrypts a user for a list.
    ///
    /// # Errors
    /// Returns `Internal` if the profile cannot be decrypted.
    pub(super) fn listed(&self, user: &User) -> Result<ListedUser> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let (email, first_name, last_name) = name_of(&user.envelope.open_profile(&key)?, self.is_masked());
        Ok(ListedUser {
            id: user.id.as_str().to_owned(),
            status: status_of(user, self.ctx.now),
            email,
            first_name,
            last_name,
            roles: user.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            two_step: user.two_step,
            created_at: user.created_at,
            seen_on: user.seen_on,
        })
    }

    /// Returns a page of the pending invitations, newest first.
    async fn list_invitations(&self, filters: &UserFilters) -> Result<ListedUsers> {
        let query = self.query(filters, &["invited"])?;
        let cursors = Cursors::of(&self.realm.keys, "admin/invitations", &filter_text(&query));
        let rows = self.unexpired_records(Invitation::KIND).await?;
        let listed = rows.iter().map(|row| self.listed_invitation(row)).collect::<Result<Vec<_>>>()?;
        let mut listed: Vec<_> = listed.into_iter().filter(|user| user.is_described_by(&query)).collect();
        let place = |user: &ListedUser| format!("{:020}/{}", i64::MAX - user.created_at.millis(), user.id);
        listed.sort_by_cached_key(place);
        let page = cursors.page(listed, place, query.limit, &filters.cursor)?;
        self.charge_reads(page.items.len().saturating_sub(1)).await?;
        self.note_list(filters, None).await?;
        Ok(ListedUsers { items: page.items, next: page.next, prev: page.prev, ..ListedUsers::default() })
    }

    pub(super) fn listed_invitation(&self, row: &RecordRow) -> Result<ListedUser> {
        let invitation = self.open_invitation(row)?;
        let (email, first_name, last_name) = name_of(&invitation.profile, self.is_masked());
        Ok(ListedUser {
            id: invitation.user.as_str().to_owned(),
            status: "invited",
            email,
            first_name,
            last_name,
            roles: invitation.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            two_step: false,
            created_at: invitation.created_at,
            seen_on: None,
        })
    }

    /// Records the names of the filters in the audit trail, never their values.
    pub(super) async fn note_list(&self, filters: &UserFilters, searched: Option<(&str, usize)>) -> Result<()> {
        let given = [
            ("id", &filters.id),
            ("status", &filters.status),
            ("role", &filters.role),
            ("two_step", &filters.two_step),
            ("created_after", &filters.created_after),
            ("created_before", &filters.created_before),
            ("seen_before", &filters.seen_before),
        ];
        let names = given.iter().filter(|(_, field)| !matches!(field, RawField::Missing)).map(|(name, _)| *name);
        let names: Vec<&str> = names.chain(searched.map(|(name, _)| name)).collect();
        let mut audit = self.audit(Event::UsersListed).by(self.admin()).detail("filters", names);
        if let Some((_, scanned)) = searched {
            audit = audit.detail("scanned", scanned);
        }
        Ok(self.commit(batch![audit]).await?)
    }
}

/// Returns a canonical string of the filters, used to bind cursors.
pub(super) fn filter_text(query: &UserQuery) -> String {
    format!(
        "{:?}",
        (
            query.is_locked,
            query.role.as_ref().map(Role::as_str),
            query.two_step,
            query.created_from,
            query.created_before,
            query.seen_before,
            &query.id_prefix,
        )
    )
}
