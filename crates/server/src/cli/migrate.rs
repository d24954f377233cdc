//! `portcullis migrate`

use std::io;

use serde_json::json;

use super::output::{GOOD, Output};

/// Writes which steps the database took; gives the exit code.
///
/// # Errors
/// When `out` takes no more.
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
