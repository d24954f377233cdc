//! Logging to standard error, as text for humans or JSON for log collectors, on a separate thread so that no request
//! waits for it.

mod json;
mod text;
mod writer;

use std::{convert::Infallible, time::Duration};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{ConfigProblem, LogFormat};
use json::JsonLines;
use text::TextLines;
use writer::WriterThread;

/// The running logger. Dropping it flushes buffered lines.
#[derive(Debug)]
pub struct Telemetry {
    writer: WriterThread,
}

impl Telemetry {
    /// Logs the number of dropped lines every 10 s, if any were dropped.
    pub async fn report_dropped_lines(&self) -> Infallible {
        let mut reported = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let dropped = self.writer.dropped();
            if dropped > reported {
                tracing::warn!(lines = dropped - reported, "log lines dropped");
                reported = dropped;
            }
        }
    }
}

/// Starts the logger.
///
/// # Errors
/// Returns an error if it was already started or its thread cannot be started.
pub fn start(format: LogFormat, level: LevelFilter) -> Result<Telemetry, Box<dyn std::error::Error + Send + Sync>> {
    let (lines, writer) = writer::start(std::io::stderr())?;
    // The HTTP library logs complete request heads, which contain secrets.
    let filter = Targets::new()
        .with_default(level)
        .with_targets(["hyper", "hyper_util"].map(|library| (library, level.min(LevelFilter::WARN))));
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let with_colours = crate::cli::takes_colours(&std::io::stderr());
            registry
                .with(fmt::layer().event_format(TextLines).with_writer(lines).with_ansi(with_colours))
                .try_init()?;
        }
        LogFormat::Json => registry.with(fmt::layer().event_format(JsonLines).with_writer(lines)).try_init()?,
    }
    std::panic::set_hook(Box::new(|panic| {
        // The message is omitted, because it may contain personal data.
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "panicked");
    }));
    Ok(Telemetry { writer })
}

/// Logs a setting that prevents startup.
pub fn refused_setting(problem: &ConfigProblem) {
    let ConfigProblem { name, text, origin, fix } = problem;
    tracing::error!(setting = name, problem = text, origin, fix, "setting rejected");
}

/// Logs a setting that may be a mistake.
pub fn doubtful_setting(problem: &ConfigProblem) {
    let ConfigProblem { name, text, origin, fix } = problem;
    tracing::warn!(setting = name, problem = text, origin, fix, "setting suspicious");
}
