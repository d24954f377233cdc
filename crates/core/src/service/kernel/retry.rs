use crate::error::{Error, Result};

/// Makes up to `times` attempts, until one does not return `None`, which means that the account changed meanwhile.
/// Attempts are numbered from 0.
///
/// # Errors
/// Errors of the attempt; internal with this cause, if all attempts returned `None`.
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
    Err(Error::internal(cause))
}
