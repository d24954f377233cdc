use std::time::Duration;

use super::Chain;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Retention of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub main: Duration,
    /// Retention of read access by administrators.
    pub reads: Duration,
}

/// Uses the defaults of the settings.
impl Default for Retention {
    fn default() -> Self {
        Self { main: DAY * 400, reads: DAY * 90 }
    }
}

impl Retention {
    /// Returns the retention of a chain.
    #[must_use]
    pub const fn of(&self, chain: Chain) -> Duration {
        match chain {
            Chain::Main => self.main,
            Chain::Reads => self.reads,
        }
    }
}
