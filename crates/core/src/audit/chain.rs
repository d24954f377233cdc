use super::Event;

/// A chain of blocks. Each chain has its own retention period and is pruned by whole blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// All events except those in [`Reads`](Self::Reads).
    Main,
    /// Read access by administrators.
    Reads,
}

impl Chain {
    /// All chains, in order of declaration.
    pub const ALL: [Self; 2] = [Self::Main, Self::Reads];

    /// Returns the stored string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Reads => "reads",
        }
    }

    /// Parses a stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chain| chain.as_str() == word)
    }

    /// Returns the chain that an event belongs to.
    #[must_use]
    pub fn of(event: &str) -> Self {
        let is_read = [Event::ProfileRead, Event::UsersListed].iter().any(|read| read.as_str() == event);
        if is_read { Self::Reads } else { Self::Main }
    }
}
