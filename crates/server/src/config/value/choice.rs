//! Settings whose value is one of several words.

use super::format::ValueFormat;

/// A type with a word for each of its values.
pub(crate) trait Choice: Copy + 'static {
    /// The words and their values.
    const WORDS: &'static [(&'static str, Self)];
    /// The words, as the help shows them.
    const PLACEHOLDER: &'static str;
}

/// Makes the format of `C`: one of its words, in any case.
pub(crate) const fn choice<C: Choice>() -> ValueFormat<C> {
    ValueFormat::new(C::PLACEHOLDER, |text| {
        let meant = C::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        meant.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<String> = C::WORDS.iter().map(|(word, _)| format!("`{word}`")).collect();
            format!("must be one of {}", words.join(", "))
        })
    })
    .meaning(|text| {
        let begun = text.get(..3)?.to_ascii_lowercase();
        let word = C::WORDS.iter().map(|(word, _)| *word).find(|word| word.to_ascii_lowercase().starts_with(&begun));
        word.map(str::to_owned)
    })
}
