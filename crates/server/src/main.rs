//! `portcullis`: reads the command line and the settings, then does what was asked.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use portcullis::{
    App,
    app::{self, Outside},
    cli::{self, Command},
    config::{self, Config, Sources},
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
    let done = cli::sources(invocation.args).map_err(Failure::from).and_then(|sources| match invocation.command {
        Command::Serve => serve(sources),
        Command::Migrate => migrate(sources),
        Command::ConfigCheck => Ok(cli::check(sources, &mut io::stdout())?.into()),
        Command::ConfigShow => Ok(cli::show(sources, &mut io::stdout())?.into()),
        Command::Templates(verb) => Ok(cli::templates(&verb, sources, &SystemClock, &mut io::stdout())?.into()),
    });
    done.unwrap_or_else(|failure| {
        // Where standard error is gone, too, the exit code has to do.
        let _gone = writeln!(io::stderr(), "portcullis: {}", chain(&*failure));
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
            never = log.tell_of_losses() => match never {},
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn run(config: Config) -> Result<(), Failure> {
    let address = config.http.listen;
    let app = App::build(&config, Outside::default()).await?;
    let listener = TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
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

fn migrate(sources: Sources) -> Result<ExitCode, Failure> {
    let config = load(sources)?;
    let mut out = io::stdout();
    let applied = app::migrate(&config, &SystemClock)?;
    for step in &applied {
        writeln!(out, "applied {step}")?;
    }
    if applied.is_empty() {
        writeln!(out, "The database is up to date.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the settings; what is worth a word goes to standard error.
fn load(sources: Sources) -> Result<Config, Failure> {
    let loaded = config::load(sources, &OsRandom)?;
    for warning in &loaded.warnings {
        writeln!(io::stderr(), "Warning: {warning}")?;
    }
    Ok(loaded.config)
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
