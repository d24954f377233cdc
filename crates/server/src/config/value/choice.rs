//! Settings with a fixed set of values.

use super::format::ValueFormat;

/// A type whose values each have a fixed string.
pub(crate) trait Choice: Copy + 'static {
    /// The strings and their values.
    const WORDS: &'static [(&'static str, Self)];
    /// The strings, as shown in the help.
    const PLACEHOLDER: &'static str;
}

/// Creates the format for `C`: one of its strings, ignoring case.
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
