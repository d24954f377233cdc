//! Scopes: what a token of a client opens, and what an ID token says.

/// Claims about the authentication; without it there is no ID token.
pub const OPENID: &str = "openid";
/// Name and time of the last change.
pub const PROFILE: &str = "profile";
/// Email address.
pub const EMAIL: &str = "email";
/// Phone number.
pub const PHONE: &str = "phone";
/// A session that survives the one of the browser.
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The account itself; for first-party clients only.
pub const ACCOUNT: &str = "portcullis:account";

/// Scopes that every realm has.
pub const BUILT_IN: [&str; 6] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS, ACCOUNT];

/// Scopes that the metadata announces: what any client may ask for.
pub const ANNOUNCED: [&str; 5] = [OPENID, PROFILE, EMAIL, PHONE, OFFLINE_ACCESS];

/// Most scopes of a client or request.
const MOST: usize = 50;

/// A set of scopes, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a list separated by spaces (RFC 6749 §3.3); `None` if it has a character that a scope cannot have, or is too long.
    /// Each counts once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        Self::of(words)
    }

    /// Makes a set of these words; `None` if one is malformed, or there are too many.
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
        (scopes.len() <= MOST).then_some(Self(scopes))
    }

    /// Returns whether it has a scope.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    /// Returns whether it has every scope of another set.
    #[must_use]
    pub fn include(&self, other: &Self) -> bool {
        other.0.iter().all(|scope| self.has(scope))
    }

    /// Returns the scopes that another set has as well.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| other.has(scope)).cloned().collect())
    }

    /// Returns the scopes that another set does not have.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| !other.has(scope)).cloned().collect())
    }

    /// Returns the scopes of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let added = other.0.iter().filter(|scope| !self.has(scope));
        Self(self.0.iter().chain(added).cloned().collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns them separated by spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.join(" ")
    }
}

/// Returns whether a word may be a scope (RFC 6749 §3.3).
fn is_scope(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
