//! Background work: message delivery, following revocations, sealing of the audit trail, maintenance.

mod deliver;
mod follow;
mod heartbeat;
mod seal;
mod upkeep;

pub(crate) use heartbeat::Identity;

use std::{sync::Arc, time::Duration};

use portcullis_core::{Ctx, clock::Clock, message::Channel, random::Random, service::Service};
use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
};

use crate::error_chain;

/// Dependencies of all workers.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Wakes the senders when a message is added to the outbox.
    pub(crate) wakeups: Arc<Wakeups>,
    /// Number of concurrent deliveries per channel.
    pub(crate) senders: usize,
    /// Lease duration of a claimed message. The lease is extended during delivery.
    pub(crate) lease: Duration,
    /// Maximum duration of a delivery.
    pub(crate) longest_delivery: Duration,
    /// How long deliveries may continue after the stop signal.
    pub(crate) grace: Duration,
    /// Status of this server.
    pub(crate) identity: Identity,
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

/// Handle of the running workers.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    worker: Worker,
}

impl Running {
    /// Signals all workers to take no more work.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops all workers, and waits until their work in progress is done or released.
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
        tasks.spawn(self.clone().heartbeat_until(stopped.clone()));
        tasks.spawn(self.clone().seal_until(stopped.clone()));
        tasks.spawn(self.clone().maintain_until(stopped));
        Running { stop, tasks, worker: self }
    }

    fn ctx(&self) -> Ctx {
        Ctx::new(&*self.clock, Arc::clone(&self.random), Default::default())
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "worker task failed");
    }
}

fn cause(error: &portcullis_core::Error) -> String {
    error.cause().map(|cause| error_chain(&**cause)).unwrap_or_default()
}

/// Waits for the next tick. Returns `false` after the stop signal.
async fn tick(ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = ticks.tick() => !*stopped.borrow(),
        _ = stopped.changed() => false,
    }
}
