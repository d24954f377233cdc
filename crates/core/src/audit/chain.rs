use super::Event;

/// A chain of blocks. Each is kept for a time of its own, and removed by whole blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// All events but those of [`Reads`](Self::Reads).
    Main,
    /// What administrators have read.
    Reads,
}

impl Chain {
    /// All chains.
    pub const ALL: [Self; 2] = [Self::Main, Self::Reads];

    /// Returns the stored string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Reads => "reads",
        }
    }

    /// Parses the stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chain| chain.as_str() == word)
    }

    /// Returns the chain of the rows of an event.
    #[must_use]
    pub fn of(event: &str) -> Self {
        let is_read = [Event::ProfileRead, Event::UsersListed].iter().any(|read| read.as_str() == event);
        if is_read { Self::Reads } else { Self::Main }
    }
}
