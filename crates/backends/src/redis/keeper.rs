//! Background tasks: one maintains the connection, one notifies other processes of changes.

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

/// Interval of connection attempts while Redis is unavailable.
const PROBE: Duration = Duration::from_millis(500);
/// Interval of pings while Redis is available, so that a server without requests detects a failure too.
const PING: Duration = Duration::from_secs(1);

/// Connects and installs the connection. Returns `None` if it failed.
pub(super) async fn connect(link: &Link, dial: &Dial) -> Option<UnboundedReceiver<Push>> {
    match dial.connect().await {
        Ok((live, pushes)) => {
            link.install(live);
            // Notifications may have been missed.
            link.heard.notify_one();
            Some(pushes)
        }
        Err(error) => {
            link.fault(&error);
            None
        }
    }
}

/// Maintains the connection: reconnects after it was lost, or after the breaker has opened.
pub(super) async fn keep(link: Arc<Link>, dial: Dial, mut connected: Option<UnboundedReceiver<Push>>) {
    loop {
        if let Some(pushes) = connected {
            let begun = Instant::now();
            watch(&link, pushes).await;
            link.disconnect();
            // Reconnects immediately, except after a connection that was closed soon after it was accepted.
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

/// Monitors a connection until it is unusable.
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

/// Notifies other processes that the change log has grown. Changes in quick succession share one message.
pub(super) async fn tell(link: Arc<Link>) {
    loop {
        link.grown.notified().await;
        link.publish().await;
    }
}
