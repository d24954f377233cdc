//! The shared Redis connection, protected by a circuit breaker.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, cmd};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

use super::{
    breaker::Breaker,
    dial::{Dial, Live, channel, no_answer},
    fault::{is_conclusive, is_outage, told},
    keeper,
    script::{self, Argument},
    url::{Route, Settings, SettingsError},
};

/// Metrics and their labels.
const UP: &str = "portcullis_redis_up";
const OPENED: &str = "portcullis_redis_breaker_opened_total";
const SECONDS: &str = "portcullis_redis_seconds";

/// Redis client of one process.
#[derive(Debug)]
pub struct Redis {
    pub(super) link: Arc<Link>,
    tasks: [JoinHandle<()>; 2],
}

/// State shared by requests and background tasks.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) prefix: String,
    timeout: Duration,
    live: RwLock<Option<Live>>,
    breaker: Breaker,
    /// Whether a defect has been logged since the last success.
    is_defective: AtomicBool,
    /// Wakes the connection task when the breaker opens.
    pub(super) tripped: Notify,
    /// Wakes the task that notifies other processes.
    pub(super) grown: Notify,
    /// Wakes the follower of the change log.
    pub(super) heard: Notify,
}

impl Redis {
    /// Connects to Redis and maintains the connection. An unavailable Redis does not prevent startup.
    ///
    /// # Errors
    /// Returns [`SettingsError`] if the settings are invalid.
    pub async fn start(settings: &Settings) -> Result<Self, SettingsError> {
        let dial = Dial::new(Route::parse(settings)?, settings);
        let link = Arc::new(Link {
            prefix: settings.prefix.clone(),
            timeout: settings.timeout,
            live: RwLock::default(),
            breaker: Breaker::new(),
            is_defective: AtomicBool::new(false),
            tripped: Notify::new(),
            grown: Notify::new(),
            heard: Notify::new(),
        });
        gauge!(UP).set(0);
        counter!(OPENED).absolute(0);
        let first = keeper::connect(&link, &dial).await;
        let tasks =
            [tokio::spawn(keeper::keep(Arc::clone(&link), dial, first)), tokio::spawn(keeper::tell(Arc::clone(&link)))];
        Ok(Self { link, tasks })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Link {
    /// Returns whether Redis is available.
    pub(super) fn is_up(&self) -> bool {
        self.breaker.is_closed()
    }

    /// Sends a command. Returns `None` if there is no response in time. Callers then continue without Redis.
    pub(super) async fn ask<T: FromRedisValue>(&self, operation: &'static str, command: &Cmd) -> Option<T> {
        self.send(operation, async |mut live: Live| command.query_async(&mut live.connection).await).await
    }

    /// Calls the script. Returns `None` if there is no response in time.
    pub(super) async fn eval<T: FromRedisValue>(
        &self,
        operation: &'static str,
        key: &str,
        arguments: &[Argument],
    ) -> Option<T> {
        let call = async |mut live: Live| {
            let called = script::by_hash(&live.script, key, arguments).query_async(&mut live.connection).await;
            match called {
                Err(error) if script::is_missing(&error) => {
                    script::by_text(key, arguments).query_async(&mut live.connection).await
                }
                called => called,
            }
        };
        self.send(operation, call).await
    }

    /// Notifies other processes that the change log has grown.
    pub(super) async fn publish(&self) {
        let _: Option<i64> = self.ask("publish", cmd("PUBLISH").arg(channel(&self.prefix)).arg("")).await;
    }

    /// Tests whether the server responds.
    pub(super) async fn ping(&self) {
        let _: Option<String> = self.ask("ping", &cmd("PING")).await;
    }

    async fn send<T, F>(&self, operation: &'static str, work: impl FnOnce(Live) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        if !self.breaker.is_closed() {
            return None;
        }
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner).clone();
        let begun = Instant::now();
        let result = match live {
            // The library's timeout covers the response, but not the time in its queue.
            Some(live) => timeout(self.timeout, work(live)).await.unwrap_or_else(|_| Err(no_answer())),
            None => Err((ErrorKind::Client, "not connected").into()),
        };
        let outcome = match &result {
            Ok(_) => "ok",
            Err(error) if is_outage(error) => "away",
            Err(_) => "refused",
        };
        let seconds = begun.elapsed().as_secs_f64();
        histogram!(SECONDS, "operation" => operation, "outcome" => outcome).record(seconds);
        tracing::debug!(operation, outcome, seconds, "redis queried");
        match result {
            Ok(value) => {
                self.breaker.success();
                self.is_defective.store(false, Ordering::Relaxed);
                Some(value)
            }
            Err(error) => {
                self.failed(operation, &error);
                None
            }
        }
    }

    /// Records that a command has failed.
    fn failed(&self, operation: &'static str, error: &RedisError) {
        if is_outage(error) {
            self.fault(error);
        } else if !self.is_defective.swap(true, Ordering::Relaxed) {
            tracing::error!(operation, error = told(error), "redis rejected a command");
        }
    }

    /// Records a fault. When it opens the breaker, this is logged once.
    pub(super) fn fault(&self, error: &RedisError) {
        if if is_conclusive(error) { self.breaker.trip() } else { self.breaker.fault() } {
            gauge!(UP).set(0);
            counter!(OPENED).increment(1);
            tracing::warn!(error = told(error), "redis unavailable");
            self.tripped.notify_one();
        }
    }

    /// Makes this connection the current one.
    pub(super) fn install(&self, live: Live) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(live);
        if self.breaker.close() {
            gauge!(UP).set(1);
            tracing::info!("redis available");
        }
    }

    /// Drops the connection. Commands fail until a new one is established.
    pub(super) fn disconnect(&self) {
        self.live.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}
