//! Which passwords may be chosen: long enough, not known to every guesser, not the account's own words. No composition
//! rules (NIST SP 800-63B-4 §3.1.1.2; ASVS 6.2).

use super::{Password, breached};

/// What a new password must be.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Least length in characters (Unicode code points).
    pub min_length: usize,
    /// The product's name, which a password must not be made of.
    pub app_name: String,
}

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Fewer characters than the policy's least.
    #[error("too short")]
    TooShort,
    /// Longer than can be counted in full, or with control characters.
    #[error("not possible")]
    Impossible,
    /// On the list of the most common breached passwords.
    #[error("breached")]
    Breached,
    /// Made of the account's own address or names, or of the product's.
    #[error("guessable")]
    Guessable,
}

/// So many characters must be left when the account's own words are taken away.
const LEFT_OVER: usize = 4;

impl Policy {
    /// Reads a new password and judges it; `context` holds the account's own words: address, names.
    ///
    /// # Errors
    /// [`BadPassword`], the first rule that is broken.
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
        has_address || (left != password && left.chars().filter(|c| c.is_alphanumeric()).count() < LEFT_OVER)
    }
}
