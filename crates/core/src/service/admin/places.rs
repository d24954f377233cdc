//! Cursors of administrative lists: a position and a direction, bound to the filters.

use crate::{
    clock::Timestamp,
    cursor::CursorScope,
    error::{Result, catalogue::CURSOR_INVALID},
    port::{OutboxPlace, UserPlace},
    seal::{self, RealmKeys},
    service::RawField,
};

/// Context that the cursors of a list are bound to: its name and the filters of the request.
pub(super) struct Cursors<'a> {
    keys: &'a RealmKeys,
    list: &'static str,
    filters: String,
}

impl<'a> Cursors<'a> {
    pub(super) fn of(keys: &'a RealmKeys, list: &'static str, filters: &str) -> Self {
        let digest = seal::digest([filters.as_bytes()]);
        Self { keys, list, filters: seal::hex(&digest) }
    }

    fn scope(&self) -> CursorScope<'_> {
        CursorScope { keys: self.keys, list: self.list, owner: &self.filters }
    }

    /// Returns the cursor for the entries after a position.
    pub(super) fn expose(&self, is_backwards: bool, place: &str) -> String {
        self.scope().expose_text(&format!("{}{place}", if is_backwards { '<' } else { '>' }))
    }

    /// Parses a cursor into direction and position. Returns `None` if no cursor is given.
    ///
    /// # Errors
    /// Returns `Malformed` if the cursor belongs to another list or other filters.
    pub(super) fn read(&self, given: &RawField) -> Result<Option<(bool, String)>> {
        if matches!(given, RawField::Missing) {
            return Ok(None);
        }
        let text = given.text().and_then(|raw| self.scope().parse_text(raw)).ok_or(CURSOR_INVALID)?;
        let (direction, place) = text.split_at_checked(1).ok_or(CURSOR_INVALID)?;
        Ok(Some((direction == "<", place.to_owned())))
    }
}

/// Serialises the position of a user.
pub(super) fn place_text(place: &UserPlace) -> String {
    format!("{}/{}", place.created_at.millis(), place.id)
}

/// Parses the position of a user.
pub(super) fn read_place(text: &str) -> Result<UserPlace> {
    let place = text.split_once('/').and_then(|(at, id)| {
        Some(UserPlace { created_at: Timestamp::from_millis(at.parse().ok()?), id: id.to_owned() })
    });
    place.ok_or_else(|| CURSOR_INVALID.into())
}

/// Formats the position of a message.
pub(super) fn message_text(place: &OutboxPlace) -> String {
    format!("{}/{}", place.created_at.millis(), place.id)
}

/// Parses the position of a message.
pub(super) fn read_message(text: &str) -> Result<OutboxPlace> {
    let UserPlace { created_at, id } = read_place(text)?;
    Ok(OutboxPlace { created_at, id })
}
