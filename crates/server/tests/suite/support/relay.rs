//! A TCP relay that a test can slow down or cut off, like a network.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    /// Delays each piece of data by this duration.
    Slow(Duration),
    /// Drops all data and closes no connection.
    Cut,
}

/// Listens on its own port until it is dropped.
pub struct Relay {
    pub port: u16,
    flow: Arc<watch::Sender<Flow>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Relay {
    /// Relays to this port of the loopback address.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let flow = Arc::new(watch::Sender::new(Flow::Open));
        let flows = Arc::clone(&flow);
        let listening = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let mut flow = flows.subscribe();
                tokio::spawn(async move {
                    // A connection attempt waits during a cut, like a lost SYN.
                    drop(flow.wait_for(|flow| *flow != Flow::Cut).await);
                    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::join!(
                        pass(from_client, to_server, flow.clone()),
                        pass(from_server, to_client, flow.clone())
                    );
                });
            }
        });
        Self { port, flow, listening }
    }

    pub fn open(&self) {
        self.flow.send_replace(Flow::Open);
    }

    pub fn slow(&self, by: Duration) {
        self.flow.send_replace(Flow::Slow(by));
    }

    pub fn cut(&self) {
        self.flow.send_replace(Flow::Cut);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut flow: watch::Receiver<Flow>,
) {
    let mut piece = vec![0; 16_384];
    while let Ok(length) = from.read(&mut piece).await {
        let Ok(now) = flow.wait_for(|flow| *flow != Flow::Cut).await.map(|flow| *flow) else { return };
        if let Flow::Slow(by) = now {
            tokio::time::sleep(by).await;
        }
        if length == 0 || to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
