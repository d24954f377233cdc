//! The formats of settings. A refusal says what a text must be, and never repeats it.

mod choice;
mod net;
mod quota;
mod secret;
mod url;

pub(crate) use choice::{Choice, choice};
pub(crate) use net::{ADDRESS, HOST_NAME, LISTEN, MAILBOX, NETWORKS, PORT_NUMBER, is_loopback_host};
pub(crate) use quota::{QUOTA, QUOTAS};
pub(crate) use secret::{CLIENTS, KEYS, SECRET, decode_key};
pub(crate) use url::{API_URL, DATABASE, DOMAIN, MONGODB, ORIGINS, PUBLIC, REDIS, authority};
pub use url::{Database, PublicUrl};

use std::{path::PathBuf, time::Duration};

use portcullis_core::id::RealmName;

/// The format of a setting's text.
#[derive(Debug)]
pub(crate) struct ValueFormat<T> {
    pub(crate) read: fn(&str) -> Result<T, String>,
    pub(crate) placeholder: &'static str,
    /// Guesses what was meant by a text that is refused.
    pub(crate) meant: fn(&str) -> Option<String>,
    /// A value to suggest where there is no default.
    pub(crate) example: Option<&'static str>,
}

impl<T> ValueFormat<T> {
    const fn new(placeholder: &'static str, read: fn(&str) -> Result<T, String>) -> Self {
        Self { read, placeholder, meant: |_| None, example: None }
    }

    const fn meaning(self, meant: fn(&str) -> Option<String>) -> Self {
        Self { meant, ..self }
    }

    const fn like(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }
}

/// Any text.
pub(crate) const TEXT: ValueFormat<String> = ValueFormat::new("TEXT", |text| Ok(text.to_owned()));

/// A path of a file or folder.
pub(crate) const PATH: ValueFormat<PathBuf> = ValueFormat::new("PATH", |text| Ok(text.into()));

/// `on` or `off`, and their usual synonyms.
pub(crate) const SWITCH: ValueFormat<bool> =
    ValueFormat::new("on|off", |text| match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("must be `on` or `off`".to_owned()),
    });

/// A duration.
pub(crate) const DURATION: ValueFormat<Duration> = ValueFormat::new("DURATION", read_duration);

/// Names of realms: at least one, none twice.
pub(crate) const REALM_NAMES: ValueFormat<Vec<RealmName>> = ValueFormat::new("NAMES", |text| {
    let mut names: Vec<RealmName> = Vec::new();
    for word in items(text) {
        let name = RealmName::parse(word).map_err(|why| format!("cannot contain `{}`: {why}", word.escape_debug()))?;
        if names.contains(&name) {
            return Err(format!("contains `{name}` twice"));
        }
        names.push(name);
    }
    if names.is_empty() { Err("must contain at least one realm".to_owned()) } else { Ok(names) }
});

/// Countries, as two-letter ISO codes.
pub(crate) const COUNTRIES: ValueFormat<Vec<String>> = ValueFormat::new("CODES", |text| {
    let is_code = |word: &str| word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    if items(text).all(is_code) {
        Ok(items(text).map(str::to_ascii_uppercase).collect())
    } else {
        Err("must be two-letter ISO 3166 codes separated by commas, such as `DE,FR`".to_owned())
    }
})
.like("DE,FR");

/// Makes the format of a whole number from `MIN` to `MAX`.
pub(crate) const fn number<T: TryFrom<u64>, const MIN: u64, const MAX: u64>() -> ValueFormat<T> {
    ValueFormat::new("NUMBER", |text| {
        let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
        number
            .and_then(|number: u64| T::try_from(number).ok())
            .ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}"))
    })
}

/// Splits a list at commas, trims its items and skips empty ones.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Maximum duration, ten years. A longer one is a mistake, and could exceed the calendar when added to the current time.
const LONGEST: u64 = 3650 * 24 * 3_600_000;

fn read_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => Some(1),
        "" | "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(24 * 3_600_000),
        _ => None,
    };
    let millis = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
    match millis {
        Some(millis @ 1000..=LONGEST) => Ok(Duration::from_millis(millis)),
        Some(_) => Err("must be between one second and ten years".to_owned()),
        None => Err("must be a duration such as `90s`, `30m`, `12h` or `30d`, or a number of seconds".to_owned()),
    }
}
