//! `portcullis config check`

use std::io::{self, Write};

use crate::config::{Inspection, Sources, inspect};

/// Writes what is wrong with the settings, or that nothing is; gives the exit code. Nothing is made or changed.
///
/// # Errors
/// When `out` takes no more.
pub fn check(sources: Sources, out: &mut dyn Write) -> io::Result<u8> {
    write_verdict(&inspect(sources), out)
}

pub(super) fn write_verdict(inspection: &Inspection, out: &mut dyn Write) -> io::Result<u8> {
    for warning in inspection.warnings() {
        writeln!(out, "Warning: {warning}")?;
    }
    match inspection.verdict() {
        Ok(()) => {
            writeln!(out, "The configuration is good for {}.", inspection.environment().as_str())?;
            Ok(0)
        }
        Err(errors) => {
            writeln!(out, "{errors}")?;
            Ok(1)
        }
    }
}
