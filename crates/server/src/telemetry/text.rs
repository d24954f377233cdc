//! Text log format for people.

use std::fmt;

use anstyle::{AnsiColor, Style};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use crate::request_frame::RequestFrame;

/// Writes time, level, request, target, message and fields.
#[derive(Debug)]
pub(super) struct TextLines;

impl<S, N> FormatEvent<S, N> for TextLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (about, dim) = (event.metadata(), style(&line, Style::new().dimmed()));
        write!(line, "{dim}")?;
        SystemTime.format_time(&mut line)?;
        let level = style(&line, of_level(*about.level()));
        write!(line, "{dim:#} {level}{:>5}{level:#} ", about.level())?;
        if let Some(frame) = RequestFrame::current() {
            let (bold, RequestFrame { id, method, .. }) = (style(&line, Style::new().bold()), &*frame);
            write!(line, "{bold}request{{{bold:#}id={id} method={method:?} route={:?}{bold}}}{bold:#}", frame.route())?;
            write!(line, "{dim}:{dim:#} ")?;
        }
        write!(line, "{dim}{}:{dim:#} ", about.target())?;
        ctx.format_fields(line.by_ref(), event)?;
        writeln!(line)
    }
}

fn style(line: &Writer<'_>, style: Style) -> Style {
    if line.has_ansi_escapes() { style } else { Style::new() }
}

fn of_level(level: Level) -> Style {
    let colour = match level {
        Level::ERROR => AnsiColor::Red,
        Level::WARN => AnsiColor::Yellow,
        Level::INFO => AnsiColor::Green,
        Level::DEBUG => AnsiColor::Blue,
        _ => AnsiColor::Magenta,
    };
    colour.on_default()
}
