//! Formatting of the results.

use std::fmt;

use crate::{figures::InTurn, load::Cost};

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
    notes: Vec<String>,
}

impl Table {
    /// Adds a value without a limit to compare with.
    pub(crate) fn figure(&mut self, what: impl Into<String>, value: f64, unit: &str) {
        self.rows.push([what.into(), number(value, unit), String::new(), String::new(), String::new()]);
    }

    /// Adds the value of the previous row over MongoDB.
    pub(crate) fn over_mongodb(&mut self, value: f64, unit: &str) {
        if let Some([_, _, mongodb, ..]) = self.rows.last_mut() {
            *mongodb = number(value, unit);
        }
    }

    /// Adds a rate with its upper bound.
    pub(crate) fn rate(&mut self, what: impl Into<String>, measured: &InTurn, of: &str) {
        let cell = |cost: &Cost| format!("{}, {} each", number(cost.rate, "/s"), number(cost.each, "µs"));
        let ceiling = format!("{} {of}", cell(&measured.ceiling));
        let ratio = format!("{:.0} %", 100.0 * measured.ratio);
        self.rows.push([what.into(), cell(&measured.ours), String::new(), ceiling, ratio]);
    }

    /// Adds a related value to the previous row.
    pub(crate) fn beside(&mut self, value: f64, unit: &str, of: &str) {
        if let Some([.., ceiling, _]) = self.rows.last_mut() {
            *ceiling = format!("{} {of}", number(value, unit));
        }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// Formats a value with three significant digits, which exceed the precision of the measurement.
fn number(value: f64, unit: &str) -> String {
    match value {
        ..10.0 => format!("{value:.2} {unit}"),
        10.0..1000.0 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | SQLite | MongoDB and Redis | ceiling in the same run | SQLite of it |\n|---|--:|--:|--:|--:|"
        )?;
        for [what, value, mongodb, ceiling, ratio] in &self.rows {
            writeln!(f, "| {what} | {value} | {mongodb} | {ceiling} | {ratio} |")?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
