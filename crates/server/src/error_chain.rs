use std::{error::Error, iter};

/// Returns an error with all its causes in one line: `cannot read the key: permission denied`.
#[must_use]
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let errors = iter::successors(Some(error), |error| (*error).source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
