//! JSON log format, one object per line.

use std::{fmt, io};

use serde::{
    Serializer as _,
    ser::{SerializeMap, SerializeStruct as _},
};
use tracing::{Event, Subscriber};
use tracing_serde::{AsSerde, SerdeMapVisitor};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use crate::request_frame::RequestFrame;

/// Writes `timestamp`, `level`, the fields, `target` and the request as `span`.
#[derive(Debug)]
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write_object(&mut line, event).map_err(|_| fmt::Error)?;
        writeln!(line)
    }
}

fn write_object(line: &mut Writer<'_>, event: &Event<'_>) -> Result<(), serde_json::Error> {
    let mut timestamp = String::with_capacity(32);
    // Writing to a string never fails.
    let _written = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    let mut serializer = serde_json::Serializer::new(Text(line));
    let mut object = serializer.serialize_map(None)?;
    object.serialize_entry("timestamp", &timestamp)?;
    object.serialize_entry("level", &event.metadata().level().as_serde())?;
    let mut visitor = SerdeMapVisitor::new(object);
    event.record(&mut visitor);
    let mut object = visitor.take_serializer()?;
    object.serialize_entry("target", event.metadata().target())?;
    if let Some(frame) = RequestFrame::current() {
        object.serialize_entry("span", &Span(&frame))?;
        // Log collectors expect the request in this list.
        object.serialize_entry("spans", &[Span(&frame)])?;
    }
    SerializeMap::end(object)
}

/// A request as a span.
struct Span<'a>(&'a RequestFrame);

impl serde::Serialize for Span<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut span = serializer.serialize_struct("Span", 4)?;
        span.serialize_field("id", self.0.id.as_str())?;
        span.serialize_field("method", self.0.method)?;
        span.serialize_field("route", self.0.route())?;
        span.serialize_field("name", "request")?;
        span.end()
    }
}

/// Writer for JSON, which is valid UTF-8.
struct Text<'a, 'w>(&'a mut Writer<'w>);

impl io::Write for Text<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
