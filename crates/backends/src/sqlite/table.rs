//! Table definitions: each column with the value that it stores.

use rusqlite::{
    Params, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

/// A table whose rows are `T`.
pub(super) struct Table<T: 'static> {
    pub(super) name: &'static str,
    /// Columns, in the order in which rows are bound and read.
    pub(super) columns: &'static [Column<T>],
}

/// Name of a column, and the function that returns its value.
pub(super) type Column<T> = (&'static str, for<'a> fn(&'a T) -> ToSqlOutput<'a>);

/// Borrows a column value from the row.
pub(super) fn borrowed<'a>(value: impl Into<ValueRef<'a>>) -> ToSqlOutput<'a> {
    ToSqlOutput::Borrowed(value.into())
}

/// Wraps a column value computed from the row.
pub(super) fn owned(value: impl Into<Value>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.into())
}

impl<T> Table<T> {
    /// Returns the statement that inserts a row. `conflict` is its ON CONFLICT clause.
    pub(super) fn insert(&self, conflict: &str) -> String {
        format!("INSERT INTO {} ({}) VALUES ({}) {conflict}", self.name, self.names(), self.places())
    }

    /// Returns the statement that replaces all columns except the first `keys`.
    pub(super) fn update(&self, keys: usize, clause: &str) -> String {
        let columns = self.columns.iter().zip(1..).skip(keys);
        let set: Vec<_> = columns.map(|((name, _), place)| format!("{name} = ?{place}")).collect();
        format!("UPDATE {} SET {} {clause}", self.name, set.join(", "))
    }

    /// Returns the statement that selects rows.
    pub(super) fn select(&self, clause: &str) -> String {
        format!("SELECT {} FROM {} {clause}", self.names(), self.name)
    }

    /// Returns the column names as a list.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Returns the parameters of the columns as a list.
    pub(super) fn places(&self) -> String {
        let places: Vec<_> = (1..=self.columns.len()).map(|place| format!("?{place}")).collect();
        places.join(", ")
    }

    /// Binds the values of a row.
    pub(super) fn bind<'a>(&self, row: &'a T) -> impl Params + use<'a, T> {
        params_from_iter(self.columns.iter().map(move |(_, value)| value(row)))
    }
}
