//! Passwords that wait for a thread: a queue with an end.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use argon2::password_hash::phc::Output;
use portcullis_core::{password::Password, port::HashError};
use tokio::sync::oneshot;

use super::argon::Recipe;

/// One hash to compute.
pub(super) struct Job {
    pub(super) recipe: Recipe,
    pub(super) password: Password,
    /// Since when it waits.
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Result<Output, HashError>>,
}

/// What a thread is to do.
pub(super) enum Next {
    /// Compute this.
    Job(Box<Job>),
    /// Nothing came for as long as the thread was willing to wait.
    Idle,
    /// Go home.
    Closed,
}

/// First come, first served; the one after the last place is turned away.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    places: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<Job>>,
    closed: bool,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), places }
    }

    /// Takes a place, or says that there is none.
    pub(super) fn push(&self, job: Box<Job>) -> Result<(), HashError> {
        let mut state = self.lock();
        if state.closed || state.jobs.len() >= self.places {
            return Err(HashError::Overloaded);
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, waiting for one no longer than this, or for ever.
    pub(super) fn pop(&self, patience: Option<Duration>) -> Next {
        let nothing = |state: &mut State| state.jobs.is_empty() && !state.closed;
        let state = self.lock();
        let mut state = match patience {
            Some(patience) => {
                self.changed.wait_timeout_while(state, patience, nothing).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(state, nothing).unwrap_or_else(PoisonError::into_inner),
        };
        if state.closed {
            return Next::Closed;
        }
        state.jobs.pop_front().map_or(Next::Idle, Next::Job)
    }

    /// Sends everybody home. Who still waits learns it by the sender that is dropped.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.jobs.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// A thread that panicked while it held the lock left the state whole: no method stops half-way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} waiting", self.jobs.len())
    }
}
