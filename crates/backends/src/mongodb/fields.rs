//! Document fields: value conversion and parsing.

use mongodb::bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype};
use portcullis_core::{
    clock::Timestamp,
    id::RealmName,
    seal::{BlindIndex, Sealed},
};

use super::error::Unreadable;

pub(super) fn bytes(bytes: &[u8]) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() }
}

/// Converts a time, with millisecond precision.
pub(super) fn time(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.millis())
}

pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the key of a document whose identifier is unique within a realm.
pub(super) fn key(realm: &RealmName, id: impl Into<Bson>) -> Document {
    doc! { "realm": realm.as_str(), "id": id.into() }
}

/// A document being parsed.
pub(super) struct DocumentFields(Document);

impl DocumentFields {
    pub(super) const fn of(document: Document) -> Self {
        Self(document)
    }

    /// Reads a nested document.
    pub(super) fn within(&mut self, name: &'static str) -> Result<Self, Unreadable> {
        match self.take(name)? {
            Bson::Document(document) => Ok(Self(document)),
            _ => Err(Unreadable(name)),
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Bson, Unreadable> {
        self.0.remove(name).ok_or(Unreadable(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Unreadable> {
        match self.take(name)? {
            Bson::String(text) => Ok(text),
            _ => Err(Unreadable(name)),
        }
    }

    pub(super) fn text_if_any(&mut self, name: &'static str) -> Result<Option<String>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.text(name).map(Some) }
    }

    /// Reads and parses a string.
    pub(super) fn word<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        parse(&self.text(name)?).ok_or(Unreadable(name))
    }

    /// Reads and parses an optional string.
    pub(super) fn word_if_any<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.word(name, parse).map(Some) }
    }

    pub(super) fn words<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Unreadable> {
        let Bson::Array(words) = self.take(name)? else { return Err(Unreadable(name)) };
        words.iter().map(|word| word.as_str().and_then(&parse).ok_or(Unreadable(name))).collect()
    }

    /// Parses a list of strings. Empty if the field is missing.
    pub(super) fn words_if_any<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Unreadable> {
        if self.is_nothing(name) { Ok(Vec::new()) } else { self.words(name, parse) }
    }

    pub(super) fn realm(&mut self) -> Result<RealmName, Unreadable> {
        self.word("realm", RealmName::from_stored)
    }

    pub(super) fn binary(&mut self, name: &'static str) -> Result<Vec<u8>, Unreadable> {
        match self.take(name)? {
            Bson::Binary(binary) => Ok(binary.bytes),
            _ => Err(Unreadable(name)),
        }
    }

    /// Reads a fixed-size byte array.
    pub(super) fn array<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], Unreadable> {
        self.binary(name)?.try_into().map_err(|_| Unreadable(name))
    }

    pub(super) fn array_if_any<const N: usize>(&mut self, name: &'static str) -> Result<Option<[u8; N]>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.array(name).map(Some) }
    }

    pub(super) fn index(&mut self) -> Result<BlindIndex, Unreadable> {
        self.array("blind_index").map(BlindIndex)
    }

    pub(super) fn sealed(&mut self, name: &'static str) -> Result<Sealed, Unreadable> {
        self.binary(name).map(Sealed::from_bytes)
    }

    pub(super) fn sealed_if_any(&mut self, name: &'static str) -> Result<Option<Sealed>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.sealed(name).map(Some) }
    }

    pub(super) fn time(&mut self, name: &'static str) -> Result<Timestamp, Unreadable> {
        match self.take(name)? {
            Bson::DateTime(at) => Ok(Timestamp::from_millis(at.timestamp_millis())),
            _ => Err(Unreadable(name)),
        }
    }

    pub(super) fn time_if_any(&mut self, name: &'static str) -> Result<Option<Timestamp>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.time(name).map(Some) }
    }

    /// Reads a count, which must not be negative.
    pub(super) fn count<T: TryFrom<i64>>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        let count = match self.take(name)? {
            Bson::Int32(count) => i64::from(count),
            Bson::Int64(count) => count,
            _ => return Err(Unreadable(name)),
        };
        T::try_from(count).map_err(|_| Unreadable(name))
    }

    /// Reads an optional count.
    pub(super) fn count_if_any<T: TryFrom<i64>>(&mut self, name: &'static str) -> Result<Option<T>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.count(name).map(Some) }
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, Unreadable> {
        match self.take(name)? {
            Bson::Boolean(flag) => Ok(flag),
            _ => Err(Unreadable(name)),
        }
    }

    pub(super) fn flag_if_any(&mut self, name: &'static str) -> Result<Option<bool>, Unreadable> {
        if self.is_nothing(name) { Ok(None) } else { self.flag(name).map(Some) }
    }

    fn is_nothing(&self, name: &str) -> bool {
        matches!(self.0.get(name), None | Some(Bson::Null))
    }
}
