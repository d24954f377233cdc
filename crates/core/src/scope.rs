//! Scopes: permissions of client tokens and contents of ID tokens.

/// Claims about the authentication. Without this scope, there is no ID token.
pub const OPENID: &str = "openid";
/// Name and time of the last change.
pub const PROFILE: &str = "profile";
/// Scope for the email address.
pub const EMAIL: &str = "email";
/// Scope for the phone number.
pub const PHONE: &str = "phone";
/// A session that outlives the browser session.
pub const OFFLINE_ACCESS: &str = "offline_access";
/// Access to the account itself. Only for first-party clients.
pub const ACCOUNT: &str = "portcullis:account";

/// Scopes available in every realm.
pub const BUILT_IN: [&str; 6] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS, ACCOUNT];

/// Scopes listed in the metadata, which any client may request.
pub const ANNOUNCED: [&str; 5] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS];

/// Maximum number of scopes of a client or request.
const MAX: usize = 50;

/// Set of scopes in their original order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Parses a space-separated list (RFC 6749 §3.3) and removes duplicates. Returns `None` if it contains an invalid
    /// character or is too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        Self::of(words)
    }

    /// Creates a set of these scopes. Returns `None` if one is malformed or there are too many.
    #[must_use]
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut scopes: Vec<String> = Vec::new();
        for word in words {
            if !is_scope(word) {
                return None;
            }
            if !scopes.iter().any(|known| known == word) {
                scopes.push(word.to_owned());
            }
        }
        (scopes.len() <= MAX).then_some(Self(scopes))
    }

    /// Returns whether the set contains a scope.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    /// Returns whether the set contains all scopes of another set.
    #[must_use]
    pub fn include(&self, other: &Self) -> bool {
        other.0.iter().all(|scope| self.has(scope))
    }

    /// Returns the intersection with another set.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| other.has(scope)).cloned().collect())
    }

    /// Returns the scopes that are missing from another set.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| !other.has(scope)).cloned().collect())
    }

    /// Returns the union with another set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let added = other.0.iter().filter(|scope| !self.has(scope));
        Self(self.0.iter().chain(added).cloned().collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the scopes separated by spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.join(" ")
    }
}

/// Returns whether a text is a valid scope (RFC 6749 §3.3).
fn is_scope(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
