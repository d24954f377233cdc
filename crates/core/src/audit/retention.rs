use std::time::Duration;

use super::Chain;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the rows of the audit trail are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub main: Duration,
    /// Of what administrators have read.
    pub reads: Duration,
}

/// The defaults of the settings.
impl Default for Retention {
    fn default() -> Self {
        Self { main: DAY * 400, reads: DAY * 90 }
    }
}

impl Retention {
    /// Returns the time for which the rows of a chain are kept.
    #[must_use]
    pub const fn of(&self, chain: Chain) -> Duration {
        match chain {
            Chain::Main => self.main,
            Chain::Reads => self.reads,
        }
    }
}
