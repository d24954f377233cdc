//! Watch thread for the open database. It checks the files once a second, and makes a trial write once a minute, or
//! once a second while writes fail.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{health::Health, writer::Trials};

/// Interval of the file checks.
const PACE: Duration = Duration::from_secs(1);
/// Number of file checks between two trial writes while there is no fault.
const LOOKS: u32 = 60;

/// Handle of the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Watch {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts the watch thread.
    pub(super) fn start(health: Arc<Health>, trials: Trials) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("sqlite-watch".to_owned());
        let thread = thread.spawn(move || watch(&health, &trials, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("database watch thread panicked");
        }
    }
}

fn watch(health: &Health, trials: &Trials, stopped: &mpsc::Receiver<()>) {
    let mut looks = 0;
    while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        looks += 1;
        let is_well = health.check_files().is_ok() && health.fault().is_none();
        if !is_well || looks % LOOKS == 0 {
            trials.order();
        }
    }
}
