//! Outcomes and actors of audit rows.

/// Outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Rejected because of credentials, policy, state, authority or a limit.
    Refused,
    /// The server failed to process the request.
    Failed,
}

impl Outcome {
    /// All outcomes, in order of declaration.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Refused, Self::Failed];

    /// Returns the stored string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// The user whom the event concerns.
    User,
    /// An administrator who is signed in.
    Admin,
    /// An API key created by an administrator.
    Key,
    /// The command line.
    Cli,
    /// A background task of the server.
    Server,
    /// An unauthenticated client.
    Anonymous,
}

impl ActorKind {
    /// All kinds, in order of declaration.
    pub const ALL: [Self; 6] = [Self::User, Self::Admin, Self::Key, Self::Cli, Self::Server, Self::Anonymous];

    /// Returns the stored string.
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

    /// Parses a stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The actor of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// Identifier of the user, administrator or key.
    pub id: Option<String>,
}
