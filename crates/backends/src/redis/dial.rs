//! Connecting to the configured server, or to the primary reported by Sentinels.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, PushInfo, PushKind, RedisError, aio::MultiplexedConnection, cmd,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    script,
    url::{Route, Settings},
};

/// Timeout of a connection attempt, including name resolution, TLS and authentication. No request waits for it.
const CONNECT: Duration = Duration::from_secs(2);
/// Lifetime of the key that a probe writes.
const PROBE_MS: u32 = 1000;

/// An established connection.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) connection: MultiplexedConnection,
    /// SHA-1 of the script, which identifies it on the server.
    pub(super) script: Arc<str>,
}

/// Establishes connections to the configured route.
#[derive(Debug)]
pub(super) struct Dial {
    route: Route,
    prefix: String,
    timeout: Duration,
    /// Index of the Sentinel to ask first.
    turn: AtomicUsize,
}

impl Dial {
    pub(super) fn new(route: Route, settings: &Settings) -> Self {
        Self { route, prefix: settings.prefix.clone(), timeout: settings.timeout, turn: AtomicUsize::new(0) }
    }

    /// Connects, subscribes to the channel, and checks that the server accepts writes and has the script. The command
    /// timeout applies to each step, so that a slow server is not used.
    ///
    /// # Errors
    /// Returns the response of a server or Sentinel, or an error if there was none.
    pub(super) async fn connect(&self) -> Result<(Live, UnboundedReceiver<Push>), RedisError> {
        let connecting = async {
            let client = self.server().await?;
            let (sender, pushes) = unbounded_channel();
            let forward = move |info: PushInfo| match read(&info) {
                Some(push) => sender.send(push),
                None => Ok(()),
            };
            let config = self.config().set_push_sender(forward);
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            let script: String = cmd("SCRIPT").arg("LOAD").arg(script::TEXT).query_async(&mut connection).await?;
            let key = format!("{}:{{probe}}", self.prefix);
            cmd("SET").arg(key).arg("").arg("PX").arg(PROBE_MS).exec_async(&mut connection).await?;
            connection.subscribe(channel(&self.prefix)).await?;
            Ok((Live { connection, script: script.into() }, pushes))
        };
        tokio::time::timeout(CONNECT, connecting).await.unwrap_or_else(|_| Err(no_answer()))
    }

    async fn server(&self) -> Result<Client, RedisError> {
        let (sentinels, name, server) = match &self.route {
            Route::Server(client) => return Ok(client.clone()),
            Route::Sentinels { sentinels, name, server } => (sentinels, name, server),
        };
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut last = no_answer();
        for sentinel in sentinels.iter().cycle().skip(first % sentinels.len().max(1)).take(sentinels.len()) {
            match self.ask(sentinel, name).await {
                Ok(Some((host, port))) => {
                    return server.at(&host, port).map_err(|_| (ErrorKind::Client, "bad address of a server").into());
                }
                Ok(None) => {
                    last = (ErrorKind::MasterNameNotFoundBySentinel, "the Sentinels do not know the name").into()
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks a Sentinel for the current primary. Sentinels may have no password even if their servers have one.
    async fn ask(&self, sentinel: &Client, name: &str) -> Result<Option<(String, u16)>, RedisError> {
        let config = self.config();
        let mut connected = sentinel.get_multiplexed_async_connection_with_config(&config).await;
        if connected.as_ref().is_err_and(|error| error.kind() == ErrorKind::AuthenticationFailed) {
            let info = sentinel.get_connection_info().clone();
            let anonymous = info.set_redis_settings(Default::default());
            connected = Client::open(anonymous)?.get_multiplexed_async_connection_with_config(&config).await;
        }
        cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name).query_async(&mut connected?).await
    }

    fn config(&self) -> AsyncConnectionConfig {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(self.timeout));
        config.set_connection_timeout(Some(CONNECT / 2))
    }
}

/// Push message from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Push {
    /// A message in the channel.
    Notice,
    Disconnected,
}

fn read(info: &PushInfo) -> Option<Push> {
    match info.kind {
        PushKind::Message => Some(Push::Notice),
        PushKind::Disconnection => Some(Push::Disconnected),
        _ => None,
    }
}

/// Returns the name of the notification channel.
pub(super) fn channel(prefix: &str) -> String {
    format!("{prefix}:changes")
}

pub(super) fn no_answer() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}
