//! Detection of passwords made of words that an attacker knows: the user's name and address, the realm and the
//! application.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::Zeroizing;

/// Maximum number of digits and symbols added to the words. A password with more is not considered to consist of
/// these words.
const MAX_ADDED: usize = 4;

/// Returns whether the password consists of words from these texts, with up to four digits or symbols added, such as
/// `John.Doe2024`. Case, accents and single symbols between words are ignored.
pub(super) fn is_made_of<'a>(password: &str, texts: impl Iterator<Item = &'a str>) -> bool {
    let password = joined(&folded(password));
    let words: Vec<Vec<char>> = texts.flat_map(words_of).collect();
    // For each position, the minimum number of added characters with which the password can be parsed up to there.
    let mut added: Vec<Option<usize>> = vec![None; password.len() + 1];
    reach(&mut added, 0, 0);
    for at in 0..password.len() {
        let (Some(Some(so_far)), Some(rest)) = (added.get(at).copied(), password.get(at..)) else { continue };
        for word in words.iter().filter(|word| rest.starts_with(word)) {
            reach(&mut added, at + word.len(), so_far);
        }
        if rest.first().is_some_and(|c| !c.is_alphabetic()) {
            reach(&mut added, at + 1, so_far + 1);
        }
    }
    // If every character is an added one, the password contains no known word.
    added.last().copied().flatten().is_some_and(|added| added <= MAX_ADDED && added < password.len())
}

/// Returns whether a single character, or white space of any kind, is repeated.
pub(super) fn is_repetitive(password: &str) -> bool {
    let password = folded(password);
    let is_one = password.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    is_one || password.iter().all(|c| c.is_whitespace())
}

fn reach(added: &mut [Option<usize>], at: usize, with: usize) {
    if let Some(least) = added.get_mut(at) {
        *least = Some(least.map_or(with, |least| least.min(with)));
    }
}

/// Removes case and accents.
fn folded(text: &str) -> Zeroizing<Vec<char>> {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c));
    Zeroizing::new(plain.flat_map(char::to_lowercase).collect())
}

/// Removes single symbols between two letters.
fn joined(text: &[char]) -> Zeroizing<Vec<char>> {
    let is_letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphabetic());
    let is_between = |at: usize| is_letter(at.checked_sub(1)) && is_letter(at.checked_add(1));
    let kept = text.iter().enumerate().filter(|(at, c)| c.is_alphanumeric() || !is_between(*at));
    Zeroizing::new(kept.map(|(_, c)| *c).collect())
}

/// Returns the words of a text: runs of letters and digits, and runs of letters. A single Latin letter is not a word.
fn words_of(text: &str) -> Vec<Vec<char>> {
    let text = folded(text);
    let runs = text.split(|c| !c.is_alphanumeric()).chain(text.split(|c| !c.is_alphabetic()));
    runs.filter(|run| run.len() >= 2 || run.iter().any(|c| !c.is_ascii())).map(<[char]>::to_vec).collect()
}
