//! Circuit breaker: after three consecutive faults, requests bypass Redis until a probe succeeds.

use std::sync::{Mutex, PoisonError};

/// Consecutive faults that open the breaker.
const FAULTS: u32 = 3;

/// Availability of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not connected yet.
    Starting,
    /// Available, with the number of faults since the last success.
    Closed { faults: u32 },
    /// Redis is unavailable. Commands are not sent.
    Open,
}

/// Counts consecutive faults. Each change of state is reported once.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State::Starting))
    }

    /// Returns whether Redis is available.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state(), State::Closed { .. })
    }

    /// Records a successful command.
    pub(super) fn success(&self) {
        self.update(|state| match state {
            State::Closed { .. } => State::Closed { faults: 0 },
            // A late response does not close the breaker. Only a probe does.
            other => other,
        });
    }

    /// Records a fault. Returns whether it opened the breaker. Before the first connection, one fault is sufficient.
    pub(super) fn fault(&self) -> bool {
        let (before, after) = self.update(|state| match state {
            State::Closed { faults } if faults + 1 < FAULTS => State::Closed { faults: faults + 1 },
            _ => State::Open,
        });
        before != State::Open && after == State::Open
    }

    /// Records a fault that opens the breaker immediately, for example if the server has become a replica. Its reads
    /// still succeed, so faults would never be consecutive. Returns whether it opened the breaker.
    pub(super) fn trip(&self) -> bool {
        let (before, _) = self.update(|_| State::Open);
        before != State::Open
    }

    /// Records a successful probe. Returns whether it closed the breaker.
    pub(super) fn close(&self) -> bool {
        let (before, _) = self.update(|_| State::Closed { faults: 0 });
        !matches!(before, State::Closed { .. })
    }

    fn update(&self, next: impl FnOnce(State) -> State) -> (State, State) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *state;
        *state = next(before);
        (before, *state)
    }

    fn state(&self) -> State {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
