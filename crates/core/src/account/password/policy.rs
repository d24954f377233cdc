//! Rules for new passwords: long enough, not one of the most common breached ones, not a single repeated character, and
//! not made of the account's own data. There are no composition rules (NIST SP 800-63B-4 §3.1.1.2; ASVS 6.2).

use super::{Password, breached, own_words};

/// Rules for new passwords.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Minimum length in characters (Unicode code points).
    pub min_length: usize,
    /// Names of the application and the realm, which a password must not consist of.
    pub names: Vec<String>,
}

/// Reason why a new password was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// The password has fewer characters than [`Policy::min_length`].
    #[error("too short")]
    TooShort,
    /// The password is too long or contains control characters.
    #[error("too long, or contains control characters")]
    Impossible,
    /// The password is on the list of the most common breached ones.
    #[error("breached")]
    Breached,
    /// The password consists of one repeated character or of white space.
    #[error("repetitive")]
    Repetitive,
    /// The password consists of words from the account's names or address, or from the application's or realm's name.
    #[error("guessable")]
    Guessable,
}

impl Policy {
    /// Parses and checks a new password. `context` contains the account's own texts: its address and names.
    ///
    /// # Errors
    /// Returns [`BadPassword`] with the first rule that was violated.
    pub fn accept(&self, raw: &str, context: &[&str]) -> Result<Password, BadPassword> {
        let password = Password::parse(raw).map_err(|_| BadPassword::Impossible)?;
        if password.expose().chars().count() < self.min_length {
            return Err(BadPassword::TooShort);
        }
        if breached::contains(password.expose()) {
            return Err(BadPassword::Breached);
        }
        if own_words::is_repetitive(password.expose()) {
            return Err(BadPassword::Repetitive);
        }
        let texts = self.names.iter().map(String::as_str).chain(context.iter().copied());
        if own_words::is_made_of(password.expose(), texts) {
            return Err(BadPassword::Guessable);
        }
        Ok(password)
    }
}
