//! Delivery of outbox messages, with a separate task per channel, so that a slow provider does not delay the other
//! channel.

use std::{pin::pin, time::Duration};

use portcullis_core::{
    message::{
        Channel,
        outbox::{Claimed, Lease},
    },
    port::Transit,
    service::{Deliveries, DeliveryResult},
};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{Worker, cause, note};

/// Interval at which the outbox is polled for retries, and for messages left by another process.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

impl Worker {
    /// Sends all due messages one after the other. Returns the number of messages whose outcome was recorded.
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
                self.service.deliveries(&self.ctx(), &*self.clock).deliver(row, &Transit::default()).await?;
                settled += 1;
            }
        }
    }

    /// Sends the messages of one channel until the stop signal, then waits for deliveries in progress.
    pub(super) async fn deliver_until(self, channel: Channel, mut stopped: watch::Receiver<bool>) {
        let mut sending = JoinSet::new();
        let mut is_readable = true;
        while !*stopped.borrow() {
            while let Some(ended) = sending.try_join_next() {
                note(ended);
            }
            let free = self.senders.saturating_sub(sending.len());
            let claimed = if free == 0 { Ok(Vec::new()) } else { self.claim(channel, free).await };
            note_change(channel, &mut is_readable, claimed.as_ref().err());
            let found = claimed.unwrap_or_default();
            let is_idle = found.is_empty();
            for row in found {
                sending.spawn(self.clone().deliver(row, stopped.clone()));
            }
            if is_idle {
                tokio::select! {
                    () = self.wakeups.of(channel).notified(), if free > 0 => {}
                    Some(ended) = sending.join_next(), if free == 0 => note(ended),
                    () = sleep(POLL_INTERVAL) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
        while let Some(ended) = sending.join_next().await {
            note(ended);
        }
    }

    /// Sends one message. After the stop signal it may finish within the grace period. Then its lease is released, or
    /// it is recorded as possibly delivered.
    async fn deliver(self, row: Claimed, mut stopped: watch::Receiver<bool>) {
        let ctx = self.ctx();
        let out_of_time = async {
            // An error means that the workers are gone, which also ends the grace period.
            let _gone = stopped.wait_for(|stopped| *stopped).await.is_err();
            sleep(self.grace).await;
        };
        let (deliveries, transit) = (self.service.deliveries(&ctx, &*self.clock), Transit::default());
        let done = tokio::select! {
            done = self.deliver_under_lease(&deliveries, &row, &transit) => done,
            () = out_of_time => deliveries.interrupt(&row, &transit).await,
        };
        if let Err(error) = done {
            let cause = cause(&error);
            tracing::error!(outbox = %row.row.id, error = error.code(), cause, "delivery outcome not recorded; the lease will expire");
        }
    }

    /// Sends one message, and extends its lease while the provider is slow. The lease is short at first, so that a
    /// message is retried soon if the process crashes.
    async fn deliver_under_lease(
        &self,
        deliveries: &Deliveries<'_>,
        row: &Claimed,
        transit: &Transit,
    ) -> Result<DeliveryResult, portcullis_core::Error> {
        let mut delivery = pin!(deliveries.deliver(row, transit));
        loop {
            tokio::select! {
                done = &mut delivery => return done,
                () = sleep(self.lease / 2) => {
                    if let Err(error) = deliveries.extend(row, self.longest_delivery).await {
                        tracing::warn!(outbox = %row.row.id, error = error.code(), cause = cause(&error), "lease not extended");
                    }
                }
            }
        }
    }

    async fn claim(&self, channel: Channel, limit: usize) -> Result<Vec<Claimed>, portcullis_core::Error> {
        let ctx = self.ctx();
        self.service.deliveries(&ctx, &*self.clock).claim(channel, limit, &Lease::new(&ctx, self.lease)).await
    }
}

/// Logs that the outbox has become unreadable or readable again, once per change and not once per poll.
fn note_change(channel: Channel, is_readable: &mut bool, error: Option<&portcullis_core::Error>) {
    let was_readable = std::mem::replace(is_readable, error.is_none());
    let channel = channel.as_str();
    match error {
        Some(error) if was_readable => {
            tracing::warn!(channel, error = error.code(), cause = cause(error), "the outbox cannot be read");
        }
        None if !was_readable => tracing::info!(channel, "the outbox can be read again"),
        _ => {}
    }
}
