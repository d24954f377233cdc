//! Passwords that wait for a thread: a queue with an end, fair between clients.

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
    /// In whose lane.
    pub(super) client: Option<LimitKey>,
    pub(super) recipe: Recipe,
    pub(super) password: Password,
    /// Since when it waits.
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Result<Output, HashError>>,
}

/// What a thread is to do.
pub(super) enum Next {
    /// Compute this.
    Job(Box<HashJob>),
    /// Nothing came for as long as the thread was willing to wait.
    Idle,
    /// Go home.
    Closed,
}

/// A lane for each client, and from each in turn the one that came first. When all places are taken, whoever has most of them
/// makes room for whoever has fewer.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    places: usize,
}

#[derive(Default)]
struct State {
    /// None is empty.
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

    /// Whether there is a place for this client now.
    pub(super) fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError> {
        let mut state = self.lock();
        let has_room = state.waiting < self.places || state.longer_than(client).is_some();
        if has_room && !state.closed { Ok(()) } else { Err(HashError::Overloaded) }
    }

    /// Takes a place, or says that there is none.
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

    /// The next job, waiting for one no longer than this, or for ever.
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

    /// Sends everybody home. Who still waits learns it by the sender that is dropped.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.lanes.clear();
        state.waiting = 0;
        drop(state);
        self.changed.notify_all();
    }

    /// A thread that panicked while it held the lock left the state whole: no method stops half-way.
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

    /// The longest lane, if it is longer than this client's would become.
    fn longer_than(&mut self, client: Option<LimitKey>) -> Option<&mut Lane> {
        let own = self.lanes.iter().find(|lane| lane.client == client).map_or(0, |lane| lane.jobs.len());
        let longest = self.lanes.iter_mut().max_by_key(|lane| lane.jobs.len());
        longest.filter(|lane| lane.jobs.len() > own + 1)
    }

    /// Turns the newest job of the longest lane away, if that is longer than this client's would become.
    fn make_room(&mut self, client: Option<LimitKey>) -> bool {
        let Some(lane) = self.longer_than(client) else { return false };
        if let Some(job) = lane.jobs.pop_back() {
            self.waiting -= 1;
            // Nobody may be left to hear it.
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
