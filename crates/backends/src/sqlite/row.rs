//! Row parsing, column by column.

use portcullis_core::{
    clock::Timestamp,
    id::{ChallengeId, RealmName},
    seal::{BlindIndex, Sealed},
};
use rusqlite::{
    Error, Row,
    types::{FromSql, FromSqlError, ValueRef},
};

/// Columns of a row, in statement order.
pub(super) struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) const fn of(row: &'a Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    /// Starts after this number of columns.
    pub(super) const fn after(row: &'a Row<'a>, skipped: usize) -> Self {
        Self { row, next: skipped }
    }

    /// Reads a value as returned by SQLite.
    pub(super) fn value<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let at = self.next;
        self.next += 1;
        self.row.get(at)
    }

    /// Reads and parses a string.
    pub(super) fn word<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
        let at = self.next;
        self.next += 1;
        let word = self.row.get_ref(at)?.as_str().map_err(|error| unreadable(at, error.into()))?;
        parse(word).ok_or_else(|| unreadable(at, FromSqlError::InvalidType.into()))
    }

    /// Reads and parses an optional string.
    pub(super) fn word_if_any<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
        if self.row.get_ref(self.next)? == ValueRef::Null {
            self.next += 1;
            return Ok(None);
        }
        self.word(parse).map(Some)
    }

    /// Parses a JSON list of strings.
    pub(super) fn words<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<Vec<T>> {
        self.word(|list| serde_json::from_str::<Vec<String>>(list).ok()?.iter().map(|word| parse(word)).collect())
    }

    pub(super) fn realm(&mut self) -> rusqlite::Result<RealmName> {
        self.word(RealmName::from_stored)
    }

    pub(super) fn index(&mut self) -> rusqlite::Result<BlindIndex> {
        self.value().map(BlindIndex)
    }

    pub(super) fn challenge(&mut self) -> rusqlite::Result<ChallengeId> {
        self.value().map(ChallengeId)
    }

    pub(super) fn sealed(&mut self) -> rusqlite::Result<Sealed> {
        self.value().map(Sealed::from_bytes)
    }

    pub(super) fn sealed_if_any(&mut self) -> rusqlite::Result<Option<Sealed>> {
        Ok(self.value::<Option<Vec<u8>>>()?.map(Sealed::from_bytes))
    }

    pub(super) fn time(&mut self) -> rusqlite::Result<Timestamp> {
        self.value().map(Timestamp::from_millis)
    }

    pub(super) fn time_if_any(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.value::<Option<i64>>()?.map(Timestamp::from_millis))
    }

    /// Reads a count, which must not be negative.
    pub(super) fn count(&mut self) -> rusqlite::Result<u64> {
        let at = self.next;
        u64::try_from(self.value::<i64>()?).map_err(|error| unreadable(at, error.into()))
    }
}

/// Converts a count to an SQLite integer.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the error for a column that does not have the expected format.
pub(super) fn unreadable(column: usize, cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::FromSqlConversionFailure(column, rusqlite::types::Type::Null, cause)
}
