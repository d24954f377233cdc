//! Log settings.

use tracing::level_filters::LevelFilter;

use super::section::{Section, settings};
use crate::config::{
    setting::Fallback::Fixed,
    value::{Choice, choice},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Log", SETTINGS);

settings! {
    LOG_FORMAT: LogFormat = choice(), Fixed("text"),
        "`text` for humans, `json` for log collectors.";
    LOG_LEVEL: LevelFilter = choice(), Fixed("info"),
        "Minimum level of logged messages.";
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for humans.
    Text,
    /// One JSON object per line, for log collectors.
    Json,
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
    const PLACEHOLDER: &'static str = "text|json";
}

impl Choice for LevelFilter {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", Self::OFF),
        ("error", Self::ERROR),
        ("warn", Self::WARN),
        ("info", Self::INFO),
        ("debug", Self::DEBUG),
        ("trace", Self::TRACE),
    ];
    const PLACEHOLDER: &'static str = "off|error|warn|info|debug|trace";
}

#[derive(Debug)]
pub struct Log {
    pub format: LogFormat,
    pub level: LevelFilter,
}

impl Log {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self { format: values.get(&LOG_FORMAT)?, level: values.get(&LOG_LEVEL)? })
    }
}
