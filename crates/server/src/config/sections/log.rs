use tracing::level_filters::LevelFilter;

use crate::config::{
    choices::LogFormat,
    table::{LOG_FORMAT, LOG_LEVEL},
    values::Values,
};

/// What the server logs.
#[derive(Debug)]
pub struct Log {
    /// `LOG_FORMAT`
    pub format: LogFormat,
    /// `LOG_LEVEL`
    pub level: LevelFilter,
}

impl Log {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self { format: values.get(&LOG_FORMAT)?, level: values.get(&LOG_LEVEL)? })
    }
}
