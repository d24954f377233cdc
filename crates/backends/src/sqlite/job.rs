//! Jobs of the writer thread, and their replies.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use portcullis_core::port::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

/// A unit of work in a transaction.
pub(super) trait WriteJob: Send {
    /// Runs the job. Returns whether to keep its changes.
    fn run(&mut self, db: &Connection) -> bool;

    /// Sends the result after the transaction is on disk.
    fn answer(self: Box<Self>);

    /// Reports that the transaction failed.
    fn fail(self: Box<Self>, error: StoreError);
}

/// A job whose caller awaits the result.
pub(super) struct Asked<T, E, W> {
    work: Option<W>,
    result: Result<T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, W> Asked<T, E, W> {
    /// Creates a job. `lost` is the result if the thread ends before running it.
    pub(super) const fn new(work: W, lost: E, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work: Some(work), result: Err(lost), reply }
    }
}

impl<T, E, W> WriteJob for Asked<T, E, W>
where
    T: Send,
    E: From<StoreError> + Send,
    W: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result =
                catch_unwind(AssertUnwindSafe(|| work(db))).unwrap_or_else(|panic| Err(panicked(&*panic).into()));
        }
        self.result.is_ok()
    }

    // The caller may have stopped waiting. The work is done anyway.
    fn answer(self: Box<Self>) {
        drop(self.reply.send(self.result));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        drop(self.reply.send(Err(error.into())));
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let what = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    StoreError::Broken(format!("a write panicked: {}", what.unwrap_or("no message")).into())
}
