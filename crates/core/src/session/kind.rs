/// Kind of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// An application with an access token and a refresh token.
    Api,
    /// A browser with a cookie, which only gives access to pages.
    Browser,
    /// An OpenID Connect client. Its access token gives access to `userinfo`.
    Client,
}

impl SessionKind {
    /// Returns the stored string, which is also the name in responses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Browser => "browser",
            Self::Client => "client",
        }
    }

    /// Parses the stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Api, Self::Browser, Self::Client].into_iter().find(|kind| kind.as_str() == word)
    }
}
