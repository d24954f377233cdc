//! Command output: text for humans, coloured on a terminal, or JSON for scripts.

use std::{
    fmt,
    io::{self, Write},
};

use anstream::{AutoStream, ColorChoice, stream::RawStream};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// Text for humans.
    Text,
    /// JSON for scripts.
    Json,
}

/// The output of a command.
pub struct Output<'a> {
    to: &'a mut dyn Write,
    format: OutputFormat,
    is_coloured: bool,
}

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

impl<'a> Output<'a> {
    /// Creates an output without colours.
    pub fn plain(to: &'a mut dyn Write, format: OutputFormat) -> Self {
        Self { to, format, is_coloured: false }
    }

    /// Creates an output that is coloured if the stream is a terminal that supports colours.
    pub fn new(to: &'a mut impl RawStream, format: OutputFormat) -> Self {
        let is_coloured = takes_colours(to);
        Self { to, format, is_coloured }
    }

    pub(super) fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    pub(super) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        writeln!(self.to, "{line}")
    }

    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value)?;
        // JSON only requires escaping control characters below U+0020.
        let escaped =
            |c: char| if is_active(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        writeln!(self.to, "{}", text.chars().map(escaped).collect::<String>())
    }

    /// Styles a text, if the output is coloured.
    pub(super) fn paint(&self, style: Style, text: impl fmt::Display) -> String {
        if self.is_coloured { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

/// Returns whether a terminal interprets the character instead of displaying it: control characters and characters
/// that change the text direction.
pub(super) fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes characters that a terminal would interpret as `\u{1b}`.
pub(super) fn harmless(text: &str) -> String {
    let shown = |c: char| if is_active(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// Returns whether a stream is a terminal with colours enabled (`NO_COLOR` disables them).
pub fn takes_colours(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Prints an error to standard error.
pub fn complain(failure: &impl fmt::Display) {
    let mut stderr = io::stderr();
    let mut out = Output::new(&mut stderr, OutputFormat::Text);
    let name = out.paint(BAD, "portcullis:");
    // If standard error is closed, only the exit code can report the failure.
    let _gone = out.line(format_args!("{name} {failure}"));
}

/// Prints a warning to standard error.
///
/// # Errors
/// Returns an error if standard error cannot be written.
pub fn warn(warning: &impl fmt::Display) -> io::Result<()> {
    let mut stderr = io::stderr();
    let mut out = Output::new(&mut stderr, OutputFormat::Text);
    let word = out.paint(WARNING, "Warning:");
    out.line(format_args!("{word} {warning}"))
}

/// Prints a progress message to standard error if it is a terminal.
///
/// # Errors
/// Returns an error if standard error cannot be written.
pub fn progress(what: &impl fmt::Display) -> io::Result<()> {
    let mut stderr = io::stderr();
    if !io::IsTerminal::is_terminal(&stderr) {
        return Ok(());
    }
    let mut out = Output::new(&mut stderr, OutputFormat::Text);
    let what = out.paint(FAINT, format_args!("{what} …"));
    out.line(what)
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({:?})", self.format)
    }
}
