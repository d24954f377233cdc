use std::{fmt, path::PathBuf};

use portcullis_core::SecretString;

/// The text format of a setting.
pub(crate) struct ValueFormat<T> {
    pub(crate) read: fn(&str) -> Result<T, String>,
    pub(crate) placeholder: &'static str,
    /// Guesses the intention behind a rejected text.
    pub(crate) meant: fn(&str) -> Option<String>,
    /// Suggested value if there is no default.
    pub(crate) example: Option<&'static str>,
}

impl<T> Clone for ValueFormat<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ValueFormat<T> {}

impl<T> fmt::Debug for ValueFormat<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueFormat({})", self.placeholder)
    }
}

impl<T> ValueFormat<T> {
    pub(super) const fn new(placeholder: &'static str, read: fn(&str) -> Result<T, String>) -> Self {
        Self { read, placeholder, meant: |_| None, example: None }
    }

    pub(super) const fn meaning(self, meant: fn(&str) -> Option<String>) -> Self {
        Self { meant, ..self }
    }

    pub(super) const fn like(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }
}

pub(crate) const TEXT: ValueFormat<String> = ValueFormat::new("TEXT", |text| Ok(text.to_owned()));

/// A private key in PEM.
pub(crate) const PEM: ValueFormat<SecretString> = ValueFormat::new("PEM", |text| {
    if text.starts_with("-----BEGIN ") && text.contains("-----END ") {
        Ok(SecretString::from(text))
    } else {
        Err("must be a private key in PEM, which begins with `-----BEGIN PRIVATE KEY-----`".to_owned())
    }
});

/// Prefix of names in a store that other applications also use.
pub(crate) const NAME_PREFIX: ValueFormat<String> = ValueFormat::new("TEXT", |text| {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if is_plain && (1..=64).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("must be up to 64 letters, digits, `-`, `_`, `.` or `:`".to_owned())
    }
})
.like("pc");

/// A file or folder path.
pub(crate) const PATH: ValueFormat<PathBuf> = ValueFormat::new("PATH", |text| Ok(text.into()));

/// `on` or `off`, or one of their common synonyms.
pub(crate) const SWITCH: ValueFormat<bool> =
    ValueFormat::new("on|off", |text| match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("must be `on` or `off`".to_owned()),
    });

/// Creates the format of an integer from `MIN` to `MAX`.
pub(crate) const fn number<T: TryFrom<u64>, const MIN: u64, const MAX: u64>() -> ValueFormat<T> {
    ValueFormat::new("NUMBER", |text| {
        let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
        number
            .and_then(|number: u64| T::try_from(number).ok())
            .ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}"))
    })
}

/// Splits a comma-separated list, trims its items and skips empty ones.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
