//! `portcullis`: reads the command line and the settings, then does what was asked.

use std::{error::Error, io, net::SocketAddr, process::ExitCode};

use portcullis::{
    App,
    app::{self, Overrides},
    cli::{self, Command, Output},
    config::{self, Config, Sources},
    error_chain,
    listen::files,
    telemetry,
};
use portcullis_core::{clock::SystemClock, random::OsRandom};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

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
        Command::Migrate => migrate(sources, &mut out),
        Command::ConfigCheck => Ok(cli::check(sources, &mut out)?.into()),
        Command::ConfigShow => Ok(cli::show(sources, &mut out)?.into()),
        Command::Hash(verify) => hash(sources, verify.as_deref(), &mut out),
        Command::OpenApi(server) => {
            Ok(cli::openapi(&config::inspect(sources).realms()?, server.as_ref(), &mut out)?.into())
        }
        Command::Completions(shell) => Ok(cli::completions(shell, &mut out)?.into()),
        Command::Templates(verb) => Ok(cli::templates(&verb, sources, &SystemClock, &mut out)?.into()),
    });
    done.unwrap_or_else(|failure| {
        // A reader such as `head` has closed the pipe.
        let is_enough =
            failure.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe);
        if !is_enough {
            cli::complain(&error_chain(&*failure));
        }
        ExitCode::FAILURE
    })
}

fn serve(sources: Sources) -> Result<ExitCode, Failure> {
    let config = load(sources)?;
    let log = telemetry::start(config.log.format, &config.log.level.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            done = run(config) => done,
            never = log.report_dropped_lines() => match never {},
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn run(mut config: Config) -> Result<(), Failure> {
    files::make_room(&mut config);
    let address = config.http.listen;
    let app = App::build(&config, Overrides::default()).await?;
    let listener = TcpListener::bind(address).await.map_err(|error| deaf(address, &error))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), listen = %listener.local_addr()?, url = %config.public_url, "serving");
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what has begun may end");
    };
    app.serve(listener, stop).await;
    tracing::info!("stopped");
    Ok(())
}

fn migrate(sources: Sources, out: &mut Output) -> Result<ExitCode, Failure> {
    let config = load(sources)?;
    cli::progress(&format_args!("migrating {}", config.store.database_url))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let applied = runtime.block_on(app::migrate(&config, &SystemClock))?;
    Ok(cli::tell_of_steps(&applied, out)?.into())
}

fn hash(sources: Sources, verify: Option<&str>, out: &mut Output) -> Result<ExitCode, Failure> {
    let settings = config::inspect(sources).password()?;
    let password = cli::read_password(verify.is_none())?;
    let hasher = app::hasher(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(cli::hash(&*hasher, &OsRandom, &password, verify, out))?.into())
}

/// Why nothing can be heard, and what helps.
fn deaf(address: SocketAddr, error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::AddrInUse => "; stop the other program, or choose another port, such as --port 8001",
        io::ErrorKind::PermissionDenied => "; choose a port of at least 1024, such as --port 8000",
        io::ErrorKind::AddrNotAvailable => "; set HOST to an address of this machine",
        _ => "",
    };
    format!("cannot listen on {address}: {error}{help}")
}

/// Reads the settings; what is worth a word goes to standard error.
fn load(sources: Sources) -> Result<Config, Failure> {
    let loaded = config::load(sources, &OsRandom)
        .map_err(|errors| format!("{errors}\n`portcullis config show` lists every value and its source."))?;
    for warning in &loaded.warnings {
        cli::warn(&warning.in_full())?;
    }
    Ok(loaded.config)
}
