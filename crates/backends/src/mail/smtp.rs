use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use portcullis_core::{
    clock::Clock,
    message::Mail,
    port::{MailSender, SendError, Transit},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    compose::{Author, Letter},
    connection::Connection,
    failure::SmtpFailure,
    route::Route,
    settings::{BadSettings, SmtpSettings},
};

/// How long an idle connection is kept. Shorter than the timeout of common servers.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Sends emails over SMTP.
pub struct SmtpSender {
    route: Route,
    author: Author,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    reply_timeout: Duration,
    /// One permit per connection.
    permits: Semaphore,
    /// Idle connections. A connection whose message failed or was cancelled is not kept, because a late reply would
    /// be treated as the reply to the next message.
    idle: Mutex<Vec<IdleConnection>>,
}

struct IdleConnection {
    connection: Connection,
    since: Instant,
}

impl SmtpSender {
    /// Creates a sender with these settings. It connects when a message is sent.
    ///
    /// # Errors
    /// Returns [`BadSettings`] if the settings are invalid.
    pub fn new(settings: SmtpSettings, clock: Arc<dyn Clock>) -> Result<Self, BadSettings> {
        Ok(Self {
            route: Route::new(&settings)?,
            author: Author { address: settings.sender()?, name: settings.from_name },
            clock,
            timeout: settings.timeout,
            reply_timeout: settings.reply_timeout,
            permits: Semaphore::new(settings.pool_size.max(1)),
            idle: Mutex::default(),
        })
    }

    /// Sends over an idle connection if there is one. If the server has closed it, opens a new one immediately.
    async fn deliver(&self, letter: &Letter, transit: &Transit) -> Result<(), SmtpFailure> {
        // Only fails if the semaphore is closed, which never happens.
        let _permit = self.permits.acquire().await;
        if let Some(kept) = self.take_idle() {
            match self.deliver_over(Some(kept), letter, transit).await {
                Err(failure) if failure.is_of_connection() => {}
                outcome => return outcome,
            }
        }
        self.deliver_over(None, letter, transit).await
    }

    async fn deliver_over(
        &self,
        kept: Option<Connection>,
        letter: &Letter,
        transit: &Transit,
    ) -> Result<(), SmtpFailure> {
        let offered = timeout(self.timeout, self.offer(kept, letter)).await;
        let mut connection = offered.unwrap_or(Err(SmtpFailure::TimedOut))?;
        // From here until the reply, it is unknown whether the server accepts the message.
        transit.begin();
        let sent = timeout(self.timeout, connection.transmit(letter)).await;
        sent.unwrap_or(Err(SmtpFailure::Unanswered))?;
        let verdict = timeout(self.reply_timeout, connection.verdict()).await;
        if let Err(failure) = verdict.unwrap_or(Err(SmtpFailure::Unanswered)) {
            if matches!(failure, SmtpFailure::Refused { .. }) {
                connection.quit().await;
            }
            return Err(failure);
        }
        self.idle().push(IdleConnection { connection, since: Instant::now() });
        Ok(())
    }

    async fn offer(&self, kept: Option<Connection>, letter: &Letter) -> Result<Connection, SmtpFailure> {
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.route.open().await?,
        };
        match connection.offer(letter).await {
            Ok(()) => Ok(connection),
            Err(failure) => {
                if matches!(failure, SmtpFailure::Refused { .. }) {
                    connection.quit().await;
                }
                Err(failure)
            }
        }
    }

    /// Takes the most recently used idle connection.
    fn take_idle(&self) -> Option<Connection> {
        self.idle().pop().map(|idle| idle.connection)
    }

    /// Returns the idle connections that are likely to be open, and closes the others.
    fn idle(&self) -> MutexGuard<'_, Vec<IdleConnection>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.since.elapsed() < IDLE_FOR);
        idle
    }
}

#[async_trait]
impl MailSender for SmtpSender {
    async fn send(&self, mail: &Mail, transit: &Transit) -> Result<(), SendError> {
        let letter = self.author.write(mail, self.clock.now())?;
        Ok(self.deliver(&letter, transit).await?)
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender").field("route", &self.route).field("author", &self.author).finish_non_exhaustive()
    }
}
