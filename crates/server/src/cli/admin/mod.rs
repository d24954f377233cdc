//! `portcullis users …`, `admins …`, `admin-keys …`, `clients …`, `realms …`, `audit …`, `why …`, `outbox …`, `keys
//! …`: clients of the admin API, which runs in this process unless `--server` is given.

mod admins;
mod audit;
mod audit_lines;
mod audit_verify;
mod call;
mod client_grammar;
mod clients;
mod flags;
mod grammar;
mod stats;
mod text;
mod verbs;

pub use call::{CallError, Caller};
pub use grammar::{AdminVerb, ServerAddress};
pub(super) use grammar::{grammars, request};

use super::Output;

/// Runs a command. Returns the exit code: 0 for success, 1 for rejections and failures, 2 for usage errors, 3 if not
/// found, 4 if unreachable.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub async fn administer(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> std::io::Result<u8> {
    match run(caller, verb, out).await {
        Ok(code) => Ok(code),
        Err(CallError::Output(error)) => Err(error),
        Err(error) => {
            super::complain(&error);
            Ok(error.exit_code())
        }
    }
}

async fn run(caller: &Caller, verb: &AdminVerb, out: &mut Output<'_>) -> Result<u8, CallError> {
    match (verb.group, verb.name) {
        ("audit", "export") => return audit::export(caller, verb, out).await,
        ("audit", "verify") => return audit_verify::verify(caller, verb, out).await,
        _ => {}
    }
    let answer = match verb.group {
        "audit" | "why" => audit::run(caller, verb).await?,
        _ => verbs::run(caller, verb).await?,
    };
    let printed = match (verb.group, verb.name, out.is_json()) {
        ("stats", _, false) => stats::print(&answer, out),
        ("audit", "key" | "rotate-key", false) => audit::print_keys(&answer, out),
        _ => text::print(verb, &answer, out),
    };
    printed.map(|()| 0).map_err(CallError::Output)
}
