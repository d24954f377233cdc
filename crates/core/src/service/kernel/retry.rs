use crate::error::{Error, Result};

/// Repeats an attempt that gives `None` when the account changed meanwhile, up to `times` times. The attempt is told its
/// number, from 0.
///
/// # Errors
/// Those of the attempt; internal with this cause, if the last one gave `None`, too.
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
