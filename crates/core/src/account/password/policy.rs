//! Rules for new passwords: long enough, not among the most common breached ones, and not made of the account's own
//! data. There are no composition rules (NIST SP 800-63B-4 §3.1.1.2; ASVS 6.2).

use super::{Password, breached};

/// Rules for new passwords.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Minimum length in characters (Unicode code points).
    pub min_length: usize,
    /// Name of the application; a password must not consist of it.
    pub app_name: String,
}

/// Reason why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// The password has fewer characters than [`Policy::min_length`].
    #[error("too short")]
    TooShort,
    /// The password is too long or contains control characters.
    #[error("too long or with control characters")]
    Impossible,
    /// The password is on the list of the most common breached ones.
    #[error("breached")]
    Breached,
    /// The password consists of the address or names of the account, or of the application's name.
    #[error("guessable")]
    Guessable,
}

/// Minimum number of letters and digits beside the account's own words.
const MIN_OTHER_CHARACTERS: usize = 4;

impl Policy {
    /// Reads and checks a new password. `context` contains the account's own words: its address and names.
    ///
    /// # Errors
    /// [`BadPassword`], naming the first broken rule.
    pub fn accept(&self, raw: &str, context: &[&str]) -> Result<Password, BadPassword> {
        let password = Password::parse(raw).map_err(|_| BadPassword::Impossible)?;
        if password.expose().chars().count() < self.min_length {
            return Err(BadPassword::TooShort);
        }
        if breached::contains(password.expose()) {
            return Err(BadPassword::Breached);
        }
        if self.is_guessable(password.expose(), context) {
            return Err(BadPassword::Guessable);
        }
        Ok(password)
    }

    fn is_guessable(&self, password: &str, context: &[&str]) -> bool {
        let password = password.to_lowercase();
        let whole_words = context.iter().copied().chain([self.app_name.as_str()]);
        let parts = whole_words.clone().filter_map(|word| word.split_once('@').map(|(local, _)| local));
        let mut words: Vec<String> = whole_words.chain(parts).map(|word| word.trim().to_lowercase()).collect();
        words.retain(|word| word.chars().count() >= 3);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let has_address = words.iter().any(|word| word.contains('@') && password.contains(word.as_str()));
        let left = words.iter().fold(password.clone(), |left, word| left.replace(word.as_str(), ""));
        has_address || (left != password && left.chars().filter(|c| c.is_alphanumeric()).count() < MIN_OTHER_CHARACTERS)
    }
}
