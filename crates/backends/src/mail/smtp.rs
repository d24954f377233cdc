use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use lettre::{
    Message,
    transport::smtp::{client::AsyncSmtpConnection, response::Severity},
};
use portcullis_core::{
    clock::Clock,
    message::Mail,
    port::{MailSender, SendError},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    compose::Author,
    connection::Route,
    failure::SmtpFailure,
    settings::{BadSettings, SmtpSettings},
};

/// How long an idle connection is kept: less than servers keep it.
const SPARE: Duration = Duration::from_secs(30);

/// Sends mail over SMTP.
pub struct SmtpSender {
    route: Route,
    author: Author,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    /// One permit for each connection that may be open.
    seats: Semaphore,
    /// Idle connections. The mail library's own pool would also take back one whose mail was abandoned, and read its late
    /// answer as one about the next mail.
    spare: Mutex<Vec<IdleConnection>>,
}

struct IdleConnection {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl SmtpSender {
    /// Makes a sender with these settings. It connects when there is mail.
    ///
    /// # Errors
    /// [`BadSettings`].
    pub fn new(settings: SmtpSettings, clock: Arc<dyn Clock>) -> Result<Self, BadSettings> {
        Ok(Self {
            route: Route::new(&settings)?,
            author: Author { address: settings.sender()?, name: settings.from_name },
            clock,
            timeout: settings.timeout,
            seats: Semaphore::new(settings.pool_size.max(1)),
            spare: Mutex::default(),
        })
    }

    async fn hand_over(&self, message: &Message, is_under_way: &AtomicBool) -> Result<(), SmtpFailure> {
        // Never closed, so this never fails.
        let _seat = self.seats.acquire().await;
        let mut connection = match self.spare().await {
            Some(connection) => connection,
            None => self.route.open().await?,
        };
        // From here on, a mail that fails or is abandoned takes its connection with it, and only the server knows whether it was
        // accepted.
        is_under_way.store(true, Ordering::Relaxed);
        let answer = connection.send(message.envelope(), &message.formatted()).await.map_err(SmtpFailure::of_mail)?;
        if answer.code().severity != Severity::PositiveCompletion {
            return Err(SmtpFailure::Unclear);
        }
        let since = Instant::now();
        self.spares().push(IdleConnection { connection, since });
        Ok(())
    }

    /// Returns an idle connection that is still alive.
    async fn spare(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut spare = self.spares().pop()?;
            if spare.since.elapsed() < SPARE && spare.connection.test_connected().await {
                return Some(spare.connection);
            }
        }
    }

    fn spares(&self) -> MutexGuard<'_, Vec<IdleConnection>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl MailSender for SmtpSender {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = self.author.write(mail, self.clock.now()).map_err(SmtpFailure::from)?;
        let is_under_way = AtomicBool::new(false);
        let outcome = timeout(self.timeout, self.hand_over(&message, &is_under_way)).await;
        let late =
            |_| if is_under_way.load(Ordering::Relaxed) { SmtpFailure::Unanswered } else { SmtpFailure::TimedOut };
        Ok(outcome.map_err(late).flatten()?)
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender").field("route", &self.route).field("author", &self.author).finish_non_exhaustive()
    }
}
