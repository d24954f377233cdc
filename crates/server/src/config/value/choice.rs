//! Settings that are one of a few words.

use super::ValueFormat;

/// A type whose values each have a word in the settings.
pub(crate) trait Choice: Copy + 'static {
    /// The words and what they mean.
    const WORDS: &'static [(&'static str, Self)];
    /// The words, for the help.
    const PLACEHOLDER: &'static str;
}

/// One of the words of `C`, in whatever case.
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
