//! `portcullis users …`, `admins …`, `admin-keys …`, `realms …`: clients of the API of administration, which runs in this process
//! unless `--server` names another.

mod admins;
mod call;
mod grammar;
mod text;
mod verbs;

pub use call::{CallError, Caller};
pub use grammar::{AdminVerb, ServerAddress};
pub(super) use grammar::{grammars, request};

use super::Output;

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
            Ok(error.exit_code())
        }
    }
}
