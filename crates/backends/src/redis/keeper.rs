//! The tasks beside the requests: one keeps the connection, one tells other processes of changes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    client::Link,
    dial::{Dial, Push},
};

/// Interval of probes while Redis is away.
const PROBE: Duration = Duration::from_millis(500);
/// Interval of pings while it is used, so that a server without requests also notices.
const PING: Duration = Duration::from_secs(1);

/// Connects, and uses the connection from now on. `None` if it failed.
pub(super) async fn connect(link: &Link, dial: &Dial) -> Option<UnboundedReceiver<Push>> {
    match dial.connect().await {
        Ok((live, pushes)) => {
            link.install(live);
            // Notices may have been missed.
            link.heard.notify_one();
            Some(pushes)
        }
        Err(error) => {
            link.fault(&error);
            None
        }
    }
}

/// Keeps the connection: a new one is made when it has ended, or when the breaker has opened.
pub(super) async fn keep(link: Arc<Link>, dial: Dial, mut connected: Option<UnboundedReceiver<Push>>) {
    loop {
        if let Some(pushes) = connected {
            let begun = Instant::now();
            watch(&link, pushes).await;
            link.disconnect();
            // A lost connection is made again at once, unless it is one that is accepted and closed over and over.
            if begun.elapsed() < PROBE {
                sleep(PROBE).await;
            }
            connected = connect(&link, &dial).await;
            if connected.is_some() {
                continue;
            }
        }
        sleep(PROBE).await;
        connected = connect(&link, &dial).await;
    }
}

/// Watches a connection until it cannot be used any more.
async fn watch(link: &Link, mut pushes: UnboundedReceiver<Push>) {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            push = pushes.recv() => match push {
                Some(Push::Notice) => link.heard.notify_one(),
                Some(Push::Disconnected) | None => return,
            },
            () = link.tripped.notified() => if !link.is_up() { return },
            _ = pings.tick() => link.ping().await,
        }
    }
}

/// Tells other processes when the change log has grown. Several changes are one message.
pub(super) async fn tell(link: Arc<Link>) {
    loop {
        link.grown.notified().await;
        link.publish().await;
    }
}
