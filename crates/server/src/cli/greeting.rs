use std::io::{self, IsTerminal};

use super::{
    Output, OutputFormat,
    output::{FAINT, HEADING},
};
use crate::config::{Config, Environment, LogFormat, MailTransport};

/// Prints the server's URL and the next steps to standard error if it is a terminal. Otherwise the log line `serving`
/// is sufficient, and log collectors expect no other output.
///
/// # Errors
/// Returns an error if standard error cannot be written.
pub fn greet(config: &Config) -> io::Result<()> {
    let mut stderr = io::stderr();
    if config.log.format == LogFormat::Json || !stderr.is_terminal() {
        return Ok(());
    }
    let mut out = Output::new(&mut stderr, OutputFormat::Text);
    let environment = out.paint(FAINT, format_args!("({})", config.environment.as_str()));
    let name = out.paint(HEADING, concat!("Portcullis ", env!("CARGO_PKG_VERSION")));
    let lines = links(config).into_iter().map(|(label, text)| format!("  {label:<15}{text}\n"));
    let lines: String = lines.collect();
    // A single write, so that no log line is interleaved.
    out.line(format_args!("\n{name} is ready {environment}\n\n{lines}"))
}

fn links(config: &Config) -> Vec<(&'static str, String)> {
    let url = &config.public_url;
    let mut links = vec![("Address", url.to_string())];
    if config.http.docs {
        links.push(("Documentation", format!("{url}/docs")));
    }
    if matches!(config.mail.transport, MailTransport::DevMailbox { .. }) {
        links.push(("Mailbox", format!("{url}/dev/mailbox")));
    }
    let next = match config.environment {
        Environment::Development => format!("open {url}, which has commands to try; Ctrl-C stops the server"),
        Environment::Production => format!("check that {url}/readyz answers through the proxy"),
    };
    links.push(("Next", next));
    links
}
