use std::{
    fs,
    io::{self, IsTerminal},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use super::{
    Output, OutputFormat,
    output::{FAINT, HEADING},
};
use crate::config::{Config, Environment, LogFormat, MailTransport};

/// Returns whether standard error is a terminal, on which a person reads. Log collectors expect nothing but lines of
/// the log.
fn greets(config: &Config) -> bool {
    config.log.format != LogFormat::Json && io::stderr().is_terminal()
}

/// Returns whether a secret printed to the terminal is only seen by a person. The terminal of a container's first
/// process is read by the log of the container (`docker run -t`).
#[must_use]
pub fn is_private(config: &Config) -> bool {
    if !greets(config) {
        return false;
    }
    let Ok(terminal) = fs::metadata("/proc/self/fd/2") else {
        // Without `/proc` there are no containers.
        return !Path::new("/proc").exists();
    };
    // A first process that cannot be looked at may be that of a container.
    fs::read_to_string("/proc/1/stat").is_ok_and(|first| !is_terminal_of(&first, terminal.rdev()))
}

/// Returns whether a process has this terminal, by its line in `/proc/PID/stat`: the terminal is the fifth value after
/// the name, which is in parentheses and may contain anything.
fn is_terminal_of(stat: &str, device: u64) -> bool {
    let values = stat.rsplit_once(')').map_or("", |(_, values)| values);
    let terminal = values.split_whitespace().nth(4).and_then(|value| value.parse::<i32>().ok());
    terminal.is_none_or(|terminal| u64::from(terminal.cast_unsigned()) == device)
}

/// Prints the server's URL and the next steps to standard error if it is a terminal. Otherwise the log line `serving`
/// is enough. `first_owner` is the link to the page that creates the first owner.
///
/// # Errors
/// Returns an error if standard error cannot be written.
pub fn greet(config: &Config, first_owner: Option<&str>) -> io::Result<()> {
    if !greets(config) {
        return Ok(());
    }
    let mut stderr = io::stderr();
    let mut out = Output::new(&mut stderr, OutputFormat::Text);
    let environment = out.paint(FAINT, format_args!("({})", config.environment.as_str()));
    let name = out.paint(HEADING, concat!("Portcullis ", env!("CARGO_PKG_VERSION")));
    let lines = links(config, first_owner).into_iter().map(|(label, text)| format!("  {label:<15}{text}\n"));
    let lines: String = lines.collect();
    // A single write, so that no log line is interleaved.
    out.line(format_args!("\n{name} is ready {environment}\n\n{lines}"))
}

fn links(config: &Config, first_owner: Option<&str>) -> Vec<(&'static str, String)> {
    let url = &config.public_url;
    let mut links = vec![("Address", url.to_string())];
    if config.http.docs {
        links.push(("Documentation", format!("{url}/docs")));
    }
    if matches!(config.mail.transport, MailTransport::DevMailbox { .. }) {
        links.push(("Mailbox", format!("{url}/dev/mailbox")));
    }
    if let Some(link) = first_owner {
        links.push(("First owner", format!("{link} (valid once, for 30 minutes)")));
    }
    let next = match config.environment {
        Environment::Development => format!("open {url}, which has commands to try; Ctrl-C stops the server"),
        Environment::Production => format!("check that {url}/readyz responds through the proxy"),
    };
    links.push(("Next", next));
    links
}
