//! `portcullis`: parses the command line and the settings, and runs the command.

use std::{error::Error, future::Future, io, process::ExitCode};

use portcullis::{
    App,
    app::{self, Overrides},
    cli::{self, AdminVerb, Command, Output},
    config::{self, Config, ConfigErrors, LogFormat, PublicUrl, Sources},
    error_chain,
    listen::{self, Listener, Sockets, files},
    telemetry::{self, Telemetry},
};
use portcullis_core::{clock::SystemClock, random::OsRandom};
use tokio::signal::unix::{SignalKind, signal};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(instead) => instead.exit(),
    };
    let mut stdout = io::stdout();
    let mut out = Output::new(&mut stdout, invocation.format);
    let done = cli::sources(invocation.args).map_err(Failure::from).and_then(|sources| match invocation.command {
        Command::Serve => serve(sources),
        Command::Migrate(plan) => migrate(sources, plan, &mut out),
        Command::ConfigCheck => Ok(cli::check(sources, &mut out)?.into()),
        Command::ConfigShow => Ok(cli::show(sources, &mut out)?.into()),
        Command::Hash(verify) => hash(sources, verify.as_deref(), &mut out),
        Command::Health(url) => health(sources, url, &mut out),
        Command::OpenApi(server) => {
            Ok(cli::openapi(&config::inspect(sources).realms()?, server.as_ref(), &mut out)?.into())
        }
        Command::Completions(shell) => Ok(cli::completions(shell, &mut out)?.into()),
        Command::Admin(verb) => administer(sources, &verb, &mut out),
        Command::Templates(verb) => Ok(cli::templates(&verb, sources, &SystemClock, &mut out)?.into()),
    });
    done.unwrap_or_else(|failure| {
        // A reader such as `head` has closed the pipe, which is not an error.
        let is_enough =
            failure.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe);
        if !is_enough {
            cli::complain(&error_chain(&*failure));
        }
        ExitCode::FAILURE
    })
}

fn serve(sources: Sources) -> Result<ExitCode, Failure> {
    let log = config::inspect(sources.clone()).log();
    match log.filter(|log| log.format == LogFormat::Json) {
        None => serve_with(sources, None),
        Some(log) => {
            // Log collectors only expect JSON, so no plain text is written.
            let telemetry = telemetry::start(log.format, log.level)?;
            Ok(serve_with(sources, Some(&telemetry)).unwrap_or_else(|failure| {
                match failure.downcast_ref::<ConfigErrors>() {
                    Some(errors) => errors.problems().iter().for_each(telemetry::refused_setting),
                    None => tracing::error!(error = error_chain(&*failure), "start failed"),
                }
                ExitCode::FAILURE
            }))
        }
    }
}

fn serve_with(sources: Sources, log: Option<&Telemetry>) -> Result<ExitCode, Failure> {
    let (mut config, mut sockets) = (load_with(sources.clone(), log.is_some())?, None);
    if config.http.listen.port() == 0 {
        // The port must be known first, because links contain it.
        let bound = listen::bind(config.http.listen, config.http.listen_also)?;
        (config, sockets) = (config::load_for_port(sources, &OsRandom, bound.port()?)?.config, Some(bound));
    }
    let own;
    let log = match log {
        Some(log) => log,
        None => {
            own = telemetry::start(config.log.format, config.log.level)?;
            &own
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        tokio::select! {
            done = run(config, sockets) => done,
            never = log.report_dropped_lines() => match never {},
        }
    });
    // An interrupted startup may leave a thread that waits for the database.
    runtime.shutdown_background();
    done.map(|()| ExitCode::SUCCESS)
}

async fn run(mut config: Config, sockets: Option<Sockets>) -> Result<(), Failure> {
    files::make_room(&mut config);
    if sockets.is_none() {
        // Reports a port in use before a database is created. The port is opened when the database is ready.
        listen::bind(config.http.listen, config.http.listen_also)?;
    }
    let mut stop = Box::pin(stop()?);
    let app = tokio::select! {
        app = App::build(&config, Overrides::default()) => app?,
        () = &mut stop => {
            tracing::info!("stopped");
            return Ok(());
        }
    };
    let sockets = sockets.map_or_else(|| listen::bind(config.http.listen, config.http.listen_also), Ok)?;
    let listener = Listener::from_std(sockets)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listen = %listener.local_addr()?, url = %config.public_url, "serving");
    let first_owner = first_owner(&app, &config).await.unwrap_or_else(|error| {
        // The realms are served without an administrator.
        tracing::warn!(%error, "no owner account, setup link not created");
        None
    });
    cli::greet(&config, first_owner.as_deref())?;
    app.serve(listener, stop).await;
    tracing::info!("stopped");
    Ok(())
}

/// Returns the link that creates the first owner, if there is none and only a person reads the terminal.
async fn first_owner(app: &App, config: &Config) -> Result<Option<String>, portcullis_core::Error> {
    if !app.lacks_owner().await? {
        return Ok(None);
    }
    if cli::is_private(config) {
        return Ok(Some(app.first_owner_link().await?.expose()));
    }
    tracing::info!(command = "portcullis admins invite ADDRESS --role owner --print", "no owner account");
    Ok(None)
}

/// Returns a future that completes when a stop signal arrives.
fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests and deliveries in progress may finish");
    })
}

fn migrate(sources: Sources, is_plan: bool, out: &mut Output) -> Result<ExitCode, Failure> {
    if is_plan {
        return plan(sources, out);
    }
    let config = load(sources)?;
    cli::progress(&format_args!("migrating {}", config.store.database_url))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let applied = runtime.block_on(app::migrate(&config, &SystemClock))?;
    Ok(cli::tell_of_steps(&applied, out)?.into())
}

/// Lists the pending steps without creating anything, not even the secrets of a first start.
fn plan(sources: Sources, out: &mut Output) -> Result<ExitCode, Failure> {
    let config = match config::inspect(sources.clone()).preview(&OsRandom) {
        Some(config) => config,
        None => load(sources)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(cli::tell_of_plan(&runtime.block_on(app::plan(&config, &SystemClock))?, out)?.into())
}

fn hash(sources: Sources, verify: Option<&str>, out: &mut Output) -> Result<ExitCode, Failure> {
    let settings = config::inspect(sources).password()?;
    let password = cli::read_password(verify.is_none())?;
    let hasher = app::hasher(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(cli::hash(&*hasher, &OsRandom, &password, verify, out))?.into())
}

fn administer(sources: Sources, verb: &AdminVerb, out: &mut Output) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let caller = match &verb.server {
        Some(server) => match cli::Caller::there(server) {
            Ok(caller) => caller,
            Err(error) => {
                cli::complain(&error);
                return Ok(error.exit_code().into());
            }
        },
        None if verb.is_offline() => cli::Caller::nowhere(),
        None => {
            let config = load(sources)?;
            cli::Caller::here(&runtime.block_on(app::beside(&config, Overrides::default()))?)
        }
    };
    Ok(runtime.block_on(cli::administer(&caller, verb, out))?.into())
}

fn health(sources: Sources, url: Option<PublicUrl>, out: &mut Output) -> Result<ExitCode, Failure> {
    let url = url.map_or_else(|| cli::address(config::inspect(sources).listen()), Ok)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(cli::health(&url, out))?.into())
}

/// Loads the settings and prints warnings to standard error.
fn load(sources: Sources) -> Result<Config, Failure> {
    load_with(sources, false)
}

fn load_with(sources: Sources, is_logged: bool) -> Result<Config, Failure> {
    let loaded = match config::load(sources, &OsRandom) {
        Err(errors) if !is_logged => {
            return Err(format!("{errors}\n`portcullis config show` lists every value and its source.").into());
        }
        loaded => loaded?,
    };
    for warning in &loaded.warnings {
        if is_logged {
            telemetry::doubtful_setting(warning);
        } else {
            cli::warn(&warning.in_full())?;
        }
    }
    Ok(loaded.config)
}
