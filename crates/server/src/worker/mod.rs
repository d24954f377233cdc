//! What runs beside the requests: sending what waits, following revocations, clearing away what has lapsed.

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    Ctx,
    clock::Clock,
    message::{
        Channel,
        outbox::{Claimed, Lease},
    },
    random::Random,
    service::{Delivery, Service},
    session::LogPosition,
};
use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
    time::{interval, sleep},
};

use crate::error_chain;

/// The means of all workers.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Rung when something new waits in the outbox.
    pub(crate) wakeups: Arc<Wakeups>,
    /// So many messages are sent at a time.
    pub(crate) senders: usize,
    /// How long a claimed message is ours.
    pub(crate) lease: Duration,
    /// How long sending may go on after the call to stop.
    pub(crate) grace: Duration,
}

/// One bell a channel.
#[derive(Debug, Default)]
pub(crate) struct Wakeups {
    mail: Notify,
    sms: Notify,
    sms_status: Notify,
}

impl Wakeups {
    /// Rings all of them.
    pub(crate) fn ring(&self) {
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

/// Without a ring, the outbox is looked at this often: for retries, and for what other processes left behind.
const LOOK_AT_OUTBOX: Duration = Duration::from_secs(1);
/// Revocations of other processes are felt within a second; this leaves room for a slow store.
const FOLLOW_REVOCATIONS: Duration = Duration::from_millis(250);
/// Lapsed rows do no harm, they only take room; signing keys change by the month.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(60);

/// Workers that run until they are stopped.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Takes up no more work from now on.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until what was taken up is done or given back.
    pub(crate) async fn stop(mut self) {
        self.ask_to_stop();
        while let Some(ended) = self.tasks.join_next().await {
            note(ended);
        }
    }
}

impl Worker {
    /// Starts all workers.
    pub(crate) fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        // Each channel has senders of its own: a provider that hangs holds up nothing else.
        for channel in Channel::ALL {
            tasks.spawn(self.clone().deliver_until(channel, stopped.clone()));
        }
        tasks.spawn(self.clone().follow_until(stopped.clone()));
        tasks.spawn(self.maintain_until(stopped));
        Running { stop, tasks }
    }

    /// Sends everything that is due now, one message after the other; returns how many were settled.
    pub(crate) async fn deliver_due(&self) -> Result<usize, portcullis_core::Error> {
        let mut settled = 0;
        loop {
            let mut claimed = Vec::new();
            for channel in Channel::ALL {
                claimed.extend(self.claim(channel, 16).await?);
            }
            if claimed.is_empty() {
                return Ok(settled);
            }
            for row in &claimed {
                self.service.deliver(&self.ctx(), row).await?;
                settled += 1;
            }
        }
    }

    /// What is done once a minute: keys that are due, rows that have lapsed. A failure of one does not keep the other.
    pub(crate) async fn run_maintenance(&self) -> Result<u64, portcullis_core::Error> {
        let (renewed, swept) = (self.service.refresh_signing_keys(&self.ctx()).await, self.sweep().await);
        renewed.and(swept)
    }

    async fn deliver_until(self, channel: Channel, mut stopped: watch::Receiver<bool>) {
        let mut sending = JoinSet::new();
        while !*stopped.borrow() {
            while let Some(ended) = sending.try_join_next() {
                note(ended);
            }
            let free = self.senders.saturating_sub(sending.len());
            let claimed = if free == 0 { Ok(Vec::new()) } else { self.claim(channel, free).await };
            let found = match claimed {
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::warn!(error = error.code(), cause = cause(&error), "the outbox cannot be read");
                    Vec::new()
                }
            };
            let is_idle = found.is_empty();
            for row in found {
                sending.spawn(self.clone().deliver(row, stopped.clone()));
            }
            if is_idle {
                tokio::select! {
                    () = self.wakeups.of(channel).notified(), if free > 0 => {}
                    Some(ended) = sending.join_next(), if free == 0 => note(ended),
                    () = sleep(LOOK_AT_OUTBOX) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
        while let Some(ended) = sending.join_next().await {
            note(ended);
        }
    }

    /// Sends one message; when the process is asked to stop, it may still finish within the grace, then its lease goes back.
    async fn deliver(self, row: Claimed, mut stopped: watch::Receiver<bool>) {
        let ctx = self.ctx();
        let out_of_time = async {
            // An error means that the workers are gone: then it is time, too.
            let _gone = stopped.wait_for(|stopped| *stopped).await.is_err();
            sleep(self.grace).await;
        };
        let done = tokio::select! {
            done = self.service.deliver(&ctx, &row) => done,
            () = out_of_time => self.service.release(&row).await.map(|()| Delivery::Later),
        };
        if let Err(error) = done {
            let cause = cause(&error);
            tracing::error!(outbox = %row.row.id, error = error.code(), cause, "a message could not be settled; its lease will run out");
        }
    }

    async fn follow_until(self, mut stopped: watch::Receiver<bool>) {
        let mut position = LogPosition::default();
        let mut ticks = interval(FOLLOW_REVOCATIONS);
        while go_on(&mut ticks, &mut stopped).await {
            match self.service.follow_revocations(self.clock.now(), position).await {
                Ok(next) => position = next,
                Err(error) => tracing::warn!(error = error.code(), "revocations cannot be followed"),
            }
        }
    }

    async fn maintain_until(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(MAINTENANCE_INTERVAL);
        while go_on(&mut ticks, &mut stopped).await {
            match self.run_maintenance().await {
                Ok(0) => {}
                Ok(swept) => tracing::debug!(swept, "cleared away what has lapsed"),
                Err(error) => {
                    let cause = cause(&error);
                    tracing::error!(
                        error = error.code(),
                        cause,
                        "cannot renew signing keys or clear away what has lapsed"
                    );
                }
            }
        }
    }

    /// Sweeps until nothing is left; each step is short, so that writes in between need not wait.
    async fn sweep(&self) -> Result<u64, portcullis_core::Error> {
        let mut all = 0;
        loop {
            match self.service.sweep(self.clock.now()).await? {
                0 => return Ok(all),
                swept => all += swept,
            }
        }
    }

    async fn claim(&self, channel: Channel, limit: usize) -> Result<Vec<Claimed>, portcullis_core::Error> {
        self.service.claim_messages(channel, limit, &Lease::new(&self.ctx(), self.lease)).await
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

async fn go_on(ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = ticks.tick() => !*stopped.borrow(),
        _ = stopped.changed() => false,
    }
}
