//! Worker threads of the pool.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use argon2::password_hash::phc::Output;
use portcullis_core::port::HashError;

use super::{
    arena::Arena,
    queue::{HashJob, Next, Queue},
};

/// Nice value of hash threads relative to request threads. If both are busy, requests get nine tenths of a core.
#[cfg(target_os = "linux")]
const NICER_BY: i32 = 10;

pub(super) struct Worker {
    pub(super) queue: Arc<Queue>,
    /// Number of memory blocks of a hash with the current settings.
    pub(super) usual: usize,
    /// Maximum time that a job may have been queued.
    pub(super) deadline: Duration,
    /// How long idle memory is kept.
    pub(super) idle: Duration,
}

impl Worker {
    /// Computes hashes until the queue is closed. The memory is wiped when the queue is empty. Otherwise the next
    /// hash overwrites it anyway, and wiping would cost 5 % of the throughput or more.
    pub(super) fn run(self) {
        step_back();
        let mut arena: Option<Arena> = None;
        loop {
            let next = match self.queue.pop(Some(Duration::ZERO)) {
                Next::Idle => {
                    arena.iter_mut().for_each(Arena::wipe);
                    self.queue.pop(arena.is_some().then_some(self.idle))
                }
                next => next,
            };
            match next {
                Next::Job(job) => self.settle(*job, &mut arena),
                Next::Idle => arena = None,
                Next::Closed => return,
            }
        }
    }

    fn settle(&self, job: HashJob, arena: &mut Option<Arena>) {
        if job.reply.is_closed() {
            return;
        }
        let answer = if job.since.elapsed() >= self.deadline {
            Err(HashError::Overloaded)
        } else {
            // The arena is plain memory, so the next hash overwrites what a panic leaves in it.
            catch_unwind(AssertUnwindSafe(|| self.compute(&job, arena)))
                .unwrap_or_else(|_| Err(HashError::Failed("hashing panicked".into())))
        };
        // The caller may have stopped waiting.
        let _ = job.reply.send(answer);
    }

    /// Computes a hash. A stored hash that needs more memory than usual gets a temporary allocation.
    fn compute(&self, job: &HashJob, arena: &mut Option<Arena>) -> Result<Output, HashError> {
        let password = job.password.expose().as_bytes();
        let needed = job.recipe.blocks();
        let mut larger = None;
        let room = if needed > self.usual { &mut larger } else { arena };
        let room = match room {
            Some(room) => room,
            None => room.insert(Arena::new(needed.max(self.usual)).map_err(failed)?),
        };
        job.recipe.compute(password, room.blocks()).map_err(failed)
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> HashError {
    HashError::Failed(error.into())
}

/// Lowers the priority of this thread, so that request threads run first.
#[cfg(target_os = "linux")]
fn step_back() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux, `None` means the calling thread, not its process.
    let nicer = getpriority_process(None).map(|nice| (nice + NICER_BY).min(19));
    if let Err(error) = nicer.and_then(|nice| setpriority_process(None, nice)) {
        tracing::warn!(%error, "priority of password hash threads not lowered");
    }
}

#[cfg(not(target_os = "linux"))]
const fn step_back() {}
