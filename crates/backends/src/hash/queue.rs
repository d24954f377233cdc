//! Queue of passwords to hash, bounded and fair between clients.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use argon2::password_hash::phc::Output;
use portcullis_core::{account::password::Password, limit::LimitKey, port::HashError};
use tokio::sync::oneshot;

use super::argon::Recipe;

/// One hash to compute.
pub(super) struct HashJob {
    /// Client whose lane contains the job.
    pub(super) client: Option<LimitKey>,
    pub(super) recipe: Recipe,
    pub(super) password: Password,
    /// Time when it was enqueued.
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Result<Output, HashError>>,
}

/// Next action of a thread.
pub(super) enum Next {
    /// Compute this hash.
    Job(Box<HashJob>),
    /// No job arrived in time.
    Idle,
    Closed,
}

/// One lane per client. Threads take the oldest job of each lane in turn. If the queue is full, the client with the
/// most jobs loses its newest one to a client with fewer jobs.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    places: usize,
}

#[derive(Default)]
struct State {
    /// Lanes with at least one job.
    lanes: VecDeque<Lane>,
    waiting: usize,
    closed: bool,
}

struct Lane {
    client: Option<LimitKey>,
    jobs: VecDeque<Box<HashJob>>,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), places }
    }

    /// Checks whether this client could enqueue a job now.
    pub(super) fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError> {
        let mut state = self.lock();
        let has_room = state.waiting < self.places || state.longer_than(client).is_some();
        if has_room && !state.closed { Ok(()) } else { Err(HashError::Overloaded) }
    }

    /// Enqueues a job if there is room for it.
    pub(super) fn push(&self, job: Box<HashJob>) -> Result<(), HashError> {
        let mut state = self.lock();
        if state.closed || (state.waiting >= self.places && !state.make_room(job.client)) {
            return Err(HashError::Overloaded);
        }
        state.push(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Returns the next job. Waits for at most this time, or indefinitely.
    pub(super) fn pop(&self, patience: Option<Duration>) -> Next {
        let nothing = |state: &mut State| state.waiting == 0 && !state.closed;
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
        state.pop().map_or(Next::Idle, Next::Job)
    }

    /// Ends all threads. Waiting callers notice that their reply channel is closed.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.lanes.clear();
        state.waiting = 0;
        drop(state);
        self.changed.notify_all();
    }

    /// Locks the state. A poisoned lock is safe to use, because no method panics while holding it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, job: Box<HashJob>) {
        self.waiting += 1;
        match self.lanes.iter_mut().find(|lane| lane.client == job.client) {
            Some(lane) => lane.jobs.push_back(job),
            None => self.lanes.push_back(Lane { client: job.client, jobs: VecDeque::from([job]) }),
        }
    }

    fn pop(&mut self) -> Option<Box<HashJob>> {
        let mut lane = self.lanes.pop_front()?;
        let job = lane.jobs.pop_front()?;
        self.waiting -= 1;
        if !lane.jobs.is_empty() {
            self.lanes.push_back(lane);
        }
        Some(job)
    }

    /// Returns the longest lane if it is longer than this client's would become.
    fn longer_than(&mut self, client: Option<LimitKey>) -> Option<&mut Lane> {
        let own = self.lanes.iter().find(|lane| lane.client == client).map_or(0, |lane| lane.jobs.len());
        let longest = self.lanes.iter_mut().max_by_key(|lane| lane.jobs.len());
        longest.filter(|lane| lane.jobs.len() > own + 1)
    }

    /// Drops the newest job of the longest lane if that lane is longer than this client's would become.
    fn make_room(&mut self, client: Option<LimitKey>) -> bool {
        let Some(lane) = self.longer_than(client) else { return false };
        if let Some(job) = lane.jobs.pop_back() {
            self.waiting -= 1;
            // The caller may have stopped waiting.
            let _ = job.reply.send(Err(HashError::Overloaded));
        }
        true
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} waiting", self.waiting)
    }
}
