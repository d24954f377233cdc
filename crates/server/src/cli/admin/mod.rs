//! `portcullis users …`, `admins …`, `admin-keys …`, `realms …`: clients of the API of administration, which runs in this process
//! unless `--server` names another.

mod call;
mod grammar;
mod text;
mod verbs;

pub use call::{CallError, Caller};
pub use grammar::{AdminVerb, ServerAddress};
pub(super) use grammar::{grammars, request};

use super::Output;

/// Exit codes.
const REFUSED: u8 = 1;
const WRONG_USE: u8 = 2;
const NOT_FOUND: u8 = 3;
const NOT_REACHED: u8 = 4;

/// Runs a verb. Returns the exit code: 0 done, 1 refused or failed, 2 wrong use, 3 not found, 4 not reached.
///
/// # Errors
/// If `out` cannot be written.
pub async fn administer(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> std::io::Result<u8> {
    match verbs::run(caller, verb).await {
        Ok(answer) => {
            text::print(verb, &answer, out)?;
            Ok(0)
        }
        Err(error) => {
            super::complain(&error);
            Ok(match error {
                CallError::Usage(_) => WRONG_USE,
                CallError::Refused { status: 404, .. } => NOT_FOUND,
                CallError::Refused { .. } => REFUSED,
                CallError::Unreachable(_) => NOT_REACHED,
            })
        }
    }
}
