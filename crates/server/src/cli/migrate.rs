//! `portcullis migrate`

use std::io;

use serde_json::json;

use super::output::{GOOD, Output};

/// Prints the pending migration steps. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn tell_of_plan(pending: &[String], out: &mut Output) -> io::Result<u8> {
    if out.is_json() {
        out.json(&json!({ "pending": pending }))?;
    } else if pending.is_empty() {
        out.line(out.paint(GOOD, "The database is up to date."))?;
    } else {
        for step in pending {
            out.line(format_args!("pending {step}"))?;
        }
    }
    Ok(0)
}

/// Prints the applied migration steps. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn tell_of_steps(applied: &[String], out: &mut Output) -> io::Result<u8> {
    if out.is_json() {
        out.json(&json!({ "applied": applied }))?;
    } else if applied.is_empty() {
        out.line(out.paint(GOOD, "The database is up to date."))?;
    } else {
        for step in applied {
            out.line(format_args!("applied {step}"))?;
        }
    }
    Ok(0)
}
