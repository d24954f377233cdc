//! The log: text for people, JSON for collectors, on standard error, by a thread of its own so that nothing waits for it.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Lines that may wait to be written; beyond, they are dropped rather than waited for.
const WAITING_LINES: usize = 64 * 1024;

/// Starts the log; what is left is written when the guard goes.
///
/// # Errors
/// When `level` is no filter, or a log is running already.
pub fn start(format: LogFormat, level: &str) -> Result<WorkerGuard, Box<dyn std::error::Error + Send + Sync>> {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).finish(std::io::stderr());
    // The mail library speaks of whole conversations, the HTTP library of whole heads: neither belongs into a log.
    let filter = EnvFilter::try_new(format!("{level},lettre=off,hyper=warn,hyper_util=warn"))?;
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let with_colours = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_writer(writer).with_ansi(with_colours)).try_init()?;
        }
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()?;
        }
    }
    Ok(guard)
}
