use std::time::Duration;

use crate::error::{Result, catalogue::UNAVAILABLE};

/// Number of attempts for work that hashes no password. Of several concurrent changes to one account, one succeeds in
/// each round.
pub(in crate::service) const ATTEMPTS: usize = 50;
/// Number of attempts for work that hashes a password each time.
pub(in crate::service) const HASHED_ATTEMPTS: usize = 3;
/// `Retry-After` suggested to clients.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Makes up to `times` attempts until one returns something other than `None`, which means that the account has changed
/// in the meantime. Attempts are numbered from 0.
///
/// # Errors
/// Returns the error of the attempt, or `Unavailable` with this cause if all attempts returned `None`.
pub(in crate::service) async fn retry<T, F>(
    times: usize,
    cause: &'static str,
    mut attempt: impl FnMut(usize) -> F,
) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    for number in 0..times {
        if let Some(done) = attempt(number).await? {
            return Ok(done);
        }
    }
    Err(UNAVAILABLE.after(RETRY_AFTER).because(cause))
}
