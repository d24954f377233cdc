//! `POST …/users/search`: exact search by address through the blind index, or full-text search through a bounded
//! scan.

use std::sync::atomic::{AtomicUsize, Ordering};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    Administered, ListedUsers, UserFilters,
    list::{STATUSES, filter_text},
    places::{Cursors, place_text, read_place},
    subject::Subject,
};
use crate::{
    account::Profile,
    admin::{Find, Invitation, Look},
    error::{
        Error, Result,
        catalogue::{CURSOR_INVALID, OVERLOADED, WORDS_BESIDE_EMAIL, WORDS_INVALID},
    },
    port::{AddressState, UserPlace, UserQuery},
    record::Record,
    service::{FieldErrors, RawField},
};

/// Maximum number of users decrypted per search.
const MAX_SCANNED: usize = 200_000;
/// Number of users read at a time.
const CHUNK: usize = 500;
/// Allowed length of a search term, in characters, and the maximum number of terms.
const WORD: std::ops::RangeInclusive<usize> = 2..=64;
const MAX_WORDS: usize = 4;
/// Maximum number of concurrent full-text searches per process. Each search decrypts many profiles.
const MAX_SEARCHES: usize = 1;

impl Administered<'_, Look> {
    /// Returns the users that match the filters and the address or search terms. Administrators cannot search by data
    /// that is masked for them. A full-text search stops when `has_time` returns `false`.
    ///
    /// # Errors
    /// Returns `Invalid` if a filter is invalid or address and terms are combined, `Malformed` if the cursor belongs
    /// to another search, `Forbidden` without the right to search, `Limited` if a limit is reached, and `Unavailable`
    /// if the store fails.
    pub async fn search(
        &self,
        filters: &UserFilters,
        (email, words): (&RawField, &RawField),
        has_time: impl Fn() -> bool,
    ) -> Result<ListedUsers> {
        self.require_realm_of_users()?;
        match (email, words) {
            (RawField::Missing, RawField::Missing) => self.list(filters).await,
            (RawField::Missing, words) => {
                self.permit.also::<Find>()?;
                self.by_words(filters, words, has_time).await
            }
            (email, words) => {
                if !matches!(words, RawField::Missing) {
                    return Err(Error::invalid(vec![WORDS_BESIDE_EMAIL.of("q")]));
                }
                self.permit.also::<Find>()?;
                self.by_email(filters, email).await
            }
        }
    }

    async fn by_email(&self, filters: &UserFilters, email: &RawField) -> Result<ListedUsers> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", email);
        let email = errors.finish(email)?;
        let query = self.query(filters, &["", "active", "locked", "invited", "unverified"])?;
        if !matches!(filters.cursor, RawField::Missing) {
            return Err(CURSOR_INVALID.into());
        }
        self.charge_reads(1).await?;
        let (store, realm, index) = (&self.ports.store, &self.realm.name, email.blind_index(&self.realm.keys));
        let AddressState { user, registration } = store.at_address(realm, index).await?;
        let mut items = Vec::new();
        items.extend(user.map(|user| self.listed(&user)).transpose()?);
        let pending = registration.filter(|pending| pending.is_pending(self.ctx.now));
        if let Some(pending) = pending {
            items.push(self.listed_subject(&Subject::Unverified(Box::new(pending))).await?);
        }
        let invited = store.record(realm, Invitation::KIND, &Invitation::key_of(index)).await?;
        if let Some(row) = invited.filter(|row| row.expires_at.is_none_or(|at| at > self.ctx.now)) {
            let invitation = Box::new(self.open_invitation(&row)?);
            items.push(self.listed_subject(&Subject::Invited(row, invitation)).await?);
        }
        let status = filters.status.text();
        items.retain(|user| user.is_described_by(&query) && status.is_none_or(|status| user.status == status));
        self.note_list(filters, Some(("email", items.len()))).await?;
        Ok(ListedUsers { items, ..ListedUsers::default() })
    }

    async fn listed_subject(&self, subject: &Subject) -> Result<super::ListedUser> {
        let sheet = self.sheet(subject).await?;
        Ok(super::ListedUser {
            id: sheet.id,
            status: sheet.status,
            email: sheet.email,
            first_name: sheet.first_name,
            last_name: sheet.last_name,
            roles: sheet.roles,
            two_step: sheet.two_step,
            created_at: sheet.created_at,
            seen_on: sheet.seen_on,
        })
    }

    /// Decrypts users, newest first, until enough of them match, the time is up or the maximum is reached. The cursor
    /// continues from there.
    async fn by_words(
        &self,
        filters: &UserFilters,
        words: &RawField,
        has_time: impl Fn() -> bool,
    ) -> Result<ListedUsers> {
        let words = words_of(words)?;
        let query = self.query(filters, &STATUSES)?;
        let cursors = Cursors::of(&self.realm.keys, "admin/search", &format!("{}{words:?}", filter_text(&query)));
        let from = cursors.read(&filters.cursor)?.map(|(_, place)| read_place(&place)).transpose()?;
        // Charged before the search, so that a rejected search reveals nothing.
        self.charge_reads(1).await?;
        let _running = Running::begin()?;
        let limit = query.limit;
        let mut query = UserQuery { from, limit: CHUNK, ..query };
        let (mut found, mut scanned, mut is_complete) = (ListedUsers::default(), 0, false);
        'scan: while scanned < MAX_SCANNED && (scanned == 0 || has_time()) {
            let users = self.ports.store.users_page(&query).await?;
            is_complete = users.len() < CHUNK;
            for user in &users {
                scanned += 1;
                query.from = Some(UserPlace::from(user));
                let key = user.envelope.key(&self.realm.keys, &user.id)?;
                if is_match(&user.envelope.open_profile(&key)?, &words) {
                    found.items.push(self.listed(user)?);
                    if found.items.len() == limit {
                        is_complete = is_complete && users.last().is_some_and(|last| last.id == user.id);
                        break 'scan;
                    }
                }
            }
            if is_complete {
                break;
            }
        }
        self.charge_reads(found.items.len().saturating_sub(1)).await?;
        let place = query.from.as_ref().filter(|_| !is_complete).map(place_text);
        found.next = place.map(|place| cursors.expose(false, &place));
        (found.scanned, found.complete) = (Some(scanned), Some(is_complete));
        self.note_list(filters, Some(("q", scanned))).await?;
        Ok(found)
    }
}

/// Slot for one of the concurrent searches of this process. Each search decrypts many profiles.
struct Running;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

impl Running {
    fn begin() -> Result<Self> {
        let begun = RUNNING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |running| {
            (running < MAX_SEARCHES).then_some(running + 1)
        });
        begun.map(|_| Self).map_err(|_| OVERLOADED.into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Parses the search terms.
///
/// # Errors
/// Returns `Invalid` unless there are 1 to 4 terms of 2 to 64 characters.
fn words_of(given: &RawField) -> Result<Vec<String>> {
    let mut errors = FieldErrors::default();
    let text = errors.text("q", given);
    let words: Vec<String> = text.unwrap_or_default().split_whitespace().map(folded).collect();
    let is_fit = (1..=MAX_WORDS).contains(&words.len()) && words.iter().all(|w| WORD.contains(&w.chars().count()));
    if text.is_some() && !is_fit {
        errors.add(WORDS_INVALID.of("q"));
    }
    errors.finish(Some(words))
}

/// Returns the text folded for comparison without case, accents and width.
fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    plain.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Returns whether every search term occurs in a name or in the address.
fn is_match(profile: &Profile, words: &[String]) -> bool {
    let names = [&profile.first_name, &profile.last_name].map(|name| name.as_ref().map(|name| folded(name.as_str())));
    let email = folded(profile.email.as_str());
    let texts: Vec<&str> = names.iter().flatten().map(String::as_str).chain([email.as_str()]).collect();
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}
