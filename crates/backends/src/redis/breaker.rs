//! The breaker: after three faults in a row no request waits for Redis, until a probe has reached it.

use std::sync::{Mutex, PoisonError};

/// Faults in a row after which Redis counts as away.
const FAULTS: u32 = 3;

/// Whether Redis is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not reached yet.
    Starting,
    /// Used; with the number of faults since the last success.
    Closed { faults: u32 },
    /// Away.
    Open,
}

/// Counts faults in a row. A change is told once.
#[derive(Debug)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(State::Starting))
    }

    /// Whether Redis is used.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state(), State::Closed { .. })
    }

    /// Notes that a command has succeeded.
    pub(super) fn success(&self) {
        self.update(|state| match state {
            State::Closed { .. } => State::Closed { faults: 0 },
            // An answer that came late closes nothing: the probe decides.
            other => other,
        });
    }

    /// Notes a fault; returns whether the breaker has opened by it. Until Redis was reached once, the first fault is enough.
    pub(super) fn fault(&self) -> bool {
        let (before, after) = self.update(|state| match state {
            State::Closed { faults } if faults + 1 < FAULTS => State::Closed { faults: faults + 1 },
            _ => State::Open,
        });
        before != State::Open && after == State::Open
    }

    /// Notes a fault that needs no second one, such as a server that has become a replica: reads still succeed there, so that
    /// faults would never follow one another. Returns whether the breaker has opened by it.
    pub(super) fn trip(&self) -> bool {
        let (before, _) = self.update(|_| State::Open);
        before != State::Open
    }

    /// Notes that a probe has succeeded; returns whether the breaker has closed by it.
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
