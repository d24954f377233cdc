//! The application, built from the settings by `main`, and by every test with a test clock and test senders.

mod backends;
mod beside;
mod build_error;
mod check;
mod keys;
mod listeners;
mod outbound;
mod owner;
mod parts;
mod passkeys;
mod pump;
mod shared;
mod templates;

pub use beside::{Beside, beside};
pub use build_error::BuildError;
pub use check::check;
pub use owner::FirstOwnerLink;
pub use pump::Pump;

use std::{
    future::Future,
    sync::{Arc, Once},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, OptionFuture, join},
};
use portcullis_backends::sqlite;
use portcullis_core::{
    Ctx,
    clock::{Clock, SystemClock},
    port::PasswordHasher,
    random::{OsRandom, Random},
    service::{Ports, Service},
};
use tokio::net::TcpListener;

use crate::{
    config::{self, Config},
    http::{self, Shared},
    listen::{self, ADMIN_CONNECTIONS, ConnectionLimiter, Listener, METRICS_CONNECTIONS, Timeouts},
    memory, metrics,
    worker::{Wakeups, Worker},
};

/// Dependencies that are not configured by settings and that tests replace.
pub struct Overrides {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// Wraps or replaces ports, for example to record calls or to inject failures.
    pub adjust: Box<dyn FnOnce(Ports) -> Ports + Send>,
}

impl Default for Overrides {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(OsRandom), adjust: Box::new(|ports| ports) }
    }
}

impl std::fmt::Debug for Overrides {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overrides").field("clock", &self.clock).field("random", &self.random).finish_non_exhaustive()
    }
}

/// The application, ready to serve.
#[derive(Debug)]
pub struct App {
    shared: Shared,
    /// `None` without `METRICS_LISTEN`.
    metrics: Option<Metrics>,
    /// `None` without `ADMIN_LISTEN`.
    admin: Option<Listener>,
    /// `None` if a [`Pump`] runs the jobs.
    worker: Option<Worker>,
    timeouts: Timeouts,
    limiter: Arc<ConnectionLimiter>,
    /// Prevents a second process from using a database that allows only one.
    _lock: Option<sqlite::ServeLock>,
}

/// Metrics listener and its routes.
#[derive(Debug)]
struct Metrics {
    listener: TcpListener,
    handler: http::Handler,
}

impl Metrics {
    fn of((listener, handle): listeners::Measured, service: &Arc<Service>, clock: &Arc<dyn Clock>) -> Self {
        let router = metrics::router(handle, Arc::clone(service), Arc::clone(clock));
        Self { listener, handler: http::without_layers(router) }
    }
}

/// Migrates the database to this version. Returns the applied steps.
///
/// # Errors
/// Returns [`BuildError`] if the database cannot be migrated.
pub fn migrate<'a>(config: &'a Config, clock: &'a dyn Clock) -> BoxFuture<'a, Result<Vec<String>, BuildError>> {
    backends::migrate(config, clock, false).boxed()
}

/// Returns the steps that [`migrate`] would apply, without applying them.
///
/// # Errors
/// Returns [`BuildError`] if the database cannot be read.
pub fn plan<'a>(config: &'a Config, clock: &'a dyn Clock) -> BoxFuture<'a, Result<Vec<String>, BuildError>> {
    backends::migrate(config, clock, true).boxed()
}

/// Starts only the password hasher, for the command line.
///
/// # Errors
/// Returns [`BuildError::Hash`] if its threads cannot be started.
pub fn hasher(settings: &config::Password) -> Result<Arc<dyn PasswordHasher>, BuildError> {
    Ok(backends::hasher(settings)?)
}

impl App {
    /// Builds the application from the settings.
    ///
    /// The futures of this function and of [`App::serve`] are boxed, so that the server is compiled once and not
    /// again in the binary and in the tests.
    ///
    /// # Errors
    /// Returns [`BuildError`] if the application cannot be built.
    #[must_use]
    pub fn build(config: &Config, overrides: Overrides) -> BoxFuture<'_, Result<Self, BuildError>> {
        Self::assemble(config, overrides, beside::Place::Serving).boxed()
    }

    async fn assemble(config: &Config, overrides: Overrides, place: beside::Place) -> Result<Self, BuildError> {
        let Overrides { clock, random, adjust } = overrides;
        let templates = Arc::new(templates::templates(config)?);
        let backends::Senders { mailer, sms, mailbox } = backends::senders(config, &clock)?;
        let (store, lock) = beside::open_store(config, &clock, &random, place).await?;
        // The clock is read again, because opening the database may have taken time.
        let ctx = Ctx::new(&*clock, Arc::clone(&random), Default::default());
        let realms = beside::open_realms(&ctx, &*store, config, place).await?;

        passkeys::check_domain(&config.passkeys, &*store, &realms).await?;
        let measured = listeners::metrics(config, place)?;
        let admin = listeners::admin(config, place)?;
        let shared::Parts { counters, shared } = shared::parts(config, &*clock, &realms).await?;
        let wakeups = Arc::new(Wakeups::default());
        let ports = adjust(Ports {
            store,
            hasher: backends::hasher(&config.password)?,
            sessions: backends::sessions(),
            accounts: backends::accounts(),
            counters,
            shared,
            mailer,
            sms,
            render: Arc::clone(&templates) as _,
            fetch: outbound::fetch(),
            mailbox: mailbox.clone(),
        });
        let ports = if measured.is_some() { metrics::measured(ports) } else { ports };
        let (settings, wake) = (parts::settings(config, ctx.random()), parts::waker(&wakeups));
        let (tokens, rotation) = (keys::access_tokens(config), keys::rotation(config));
        let service = Arc::new(Service::new(ports, settings, tokens, rotation, realms, wake));
        beside::note_clients(&service, &ctx, place).await?;
        beside::load_keys(&service, &ctx, place).await?;
        keys::check_audience(&service, place == beside::Place::Serving).await?;
        Ok(Self {
            metrics: measured.map(|measured| Metrics::of(measured, &service, &clock)),
            admin,
            worker: Some(parts::worker(config, &service, &clock, &random, wakeups)),
            shared: Shared {
                service,
                clock,
                random,
                templates,
                mailbox,
                developers: config.mail.developers.clone(),
                openapi: Default::default(),
                bounds: parts::bounds(config),
                is_measured: config.http.metrics_listen.is_some(),
                stopping: Default::default(),
                info: parts::server_info(config),
                admin: parts::admin_access(config),
                settings: config.listing.clone(),
                proxies: config.http.trusted_proxies.clone(),
                unknown_proxy: Once::new(),
                cors: config.browser.cors.clone(),
            },
            timeouts: parts::timeouts(config),
            limiter: parts::connection_limiter(config),
            _lock: lock,
        })
    }

    /// Serves until `stop` completes, then lets requests and deliveries in progress finish within the grace period.
    #[must_use]
    pub fn serve(
        self,
        listener: impl Into<Listener>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> BoxFuture<'static, ()> {
        self.serve_until(listener.into(), stop.boxed())
    }

    fn serve_until(self, listener: Listener, stop: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        async move {
            // Moves the whole value including the database lock, because the block would only capture the fields it
            // uses.
            let app = self;
            let workers = app.worker.map(Worker::start);
            let (stopping, drain_delay) = (app.shared.stopping.clone(), app.timeouts.drain);
            // Requests and deliveries are drained concurrently, so that one grace period covers both.
            let stop = async {
                stop.await;
                stopping.send_replace(true);
                // Gives load balancers time to notice that the server is not ready.
                tokio::time::sleep(drain_delay).await;
                if let Some(workers) = &workers {
                    workers.ask_to_stop();
                }
            }
            .shared();
            let handler = http::handler(app.shared);
            memory::give_back();
            let of_admin = app.admin.map(|admin| {
                let limiter = ConnectionLimiter::new(ADMIN_CONNECTIONS, ADMIN_CONNECTIONS, Vec::new());
                listen::serve(admin, http::at_admin_listener(&handler), app.timeouts, limiter, stop.clone())
            });
            let of_admin = OptionFuture::from(of_admin);
            let served = join(listen::serve(listener, handler, app.timeouts, app.limiter, stop), of_admin);
            let served = served.map(drop);
            match app.metrics {
                // Metrics remain available until the last request has been answered.
                Some(Metrics { listener, handler }) => tokio::select! {
                    () = served => {}
                    () = listen::serve(listener.into(), handler, app.timeouts, ConnectionLimiter::new(METRICS_CONNECTIONS, METRICS_CONNECTIONS, Vec::new()), std::future::pending()) => {}
                },
                None => served.await,
            }
            if let Some(workers) = workers {
                workers.stop().await;
            }
        }
        .boxed()
    }

    /// Detaches the workers. Messages are only sent when [`Pump::deliver_due`] is called.
    #[must_use]
    pub fn by_hand(mut self) -> (Self, Option<Pump>) {
        let pump = self.worker.take().map(|worker| Pump { worker });
        (self, pump)
    }
}
