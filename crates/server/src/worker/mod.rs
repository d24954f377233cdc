//! Work beside the requests: sending messages, following revocations, maintenance.

mod deliver;
mod follow;
mod upkeep;

use std::{sync::Arc, time::Duration};

use portcullis_core::{Ctx, clock::Clock, message::Channel, random::Random, service::Service};
use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
};

use crate::error_chain;

/// What all workers need.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Wakes the senders when the outbox has a new message.
    pub(crate) wakeups: Arc<Wakeups>,
    /// Number of messages of a channel that are sent at the same time.
    pub(crate) senders: usize,
    /// Lifetime of the lease of a claimed message. It is extended while the message is being sent.
    pub(crate) lease: Duration,
    /// Time that the slowest delivery may take.
    pub(crate) longest_delivery: Duration,
    /// How long sending may continue after the call to stop.
    pub(crate) grace: Duration,
}

/// One wake-up for each channel.
#[derive(Debug, Default)]
pub(crate) struct Wakeups {
    mail: Notify,
    sms: Notify,
    sms_status: Notify,
}

impl Wakeups {
    /// Wakes the senders of all channels.
    pub(crate) fn wake(&self) {
        self.mail.notify_one();
        self.sms.notify_one();
        self.sms_status.notify_one();
    }

    const fn of(&self, channel: Channel) -> &Notify {
        match channel {
            Channel::Mail => &self.mail,
            Channel::Sms => &self.sms,
            Channel::SmsStatus => &self.sms_status,
        }
    }
}

/// Workers that are running.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    worker: Worker,
}

impl Running {
    /// Tells all workers to take no more work.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops all workers, and waits until the work they have is done or released.
    pub(crate) async fn stop(mut self) {
        self.ask_to_stop();
        while let Some(ended) = self.tasks.join_next().await {
            note(ended);
        }
        self.worker.write_last_repetitions().await;
    }
}

impl Worker {
    /// Starts all workers.
    pub(crate) fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for channel in Channel::ALL {
            tasks.spawn(self.clone().deliver_until(channel, stopped.clone()));
        }
        tasks.spawn(self.clone().follow_until(stopped.clone()));
        tasks.spawn(self.clone().maintain_until(stopped));
        Running { stop, tasks, worker: self }
    }

    fn ctx(&self) -> Ctx {
        Ctx::new(&*self.clock, Arc::clone(&self.random), Default::default())
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task ended badly");
    }
}

fn cause(error: &portcullis_core::Error) -> String {
    error.cause().map(|cause| error_chain(&**cause)).unwrap_or_default()
}

/// Waits for the next tick; returns false when it is time to stop.
async fn tick(ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = ticks.tick() => !*stopped.borrow(),
        _ = stopped.changed() => false,
    }
}
