//! Words of rows: outcomes and actors.

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Refused by credentials, policy, state, authority or a limit.
    Refused,
    /// The server failed.
    Failed,
}

impl Outcome {
    /// Returns the word for the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Kind of the one who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// The user whom the event concerns.
    User,
    /// An administrator.
    Admin,
    /// A key of an administrator.
    Key,
    /// The command line.
    Cli,
    /// A worker of the server.
    Server,
    /// A client that proved no identity.
    Anonymous,
}

impl ActorKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::User, Self::Admin, Self::Key, Self::Cli, Self::Server, Self::Anonymous];

    /// Returns the word for the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Key => "key",
            Self::Cli => "cli",
            Self::Server => "server",
            Self::Anonymous => "anonymous",
        }
    }

    /// Reads the word of [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The one who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// Identifier of the user, administrator or key.
    pub id: Option<String>,
}
