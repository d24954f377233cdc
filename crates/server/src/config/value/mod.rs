//! The forms that a setting's text may have. A refusal says what the text must be, never what it was.

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

/// How a text is read, and what stands for it in the help.
#[derive(Debug)]
pub(crate) struct ValueFormat<T> {
    pub(crate) read: fn(&str) -> Result<T, String>,
    pub(crate) placeholder: &'static str,
    /// What somebody meant who gave a text of another form.
    pub(crate) meant: fn(&str) -> Option<String>,
    /// Stands for many, where there is no default.
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

/// A file or a folder.
pub(crate) const PATH: ValueFormat<PathBuf> = ValueFormat::new("PATH", |text| Ok(text.into()));

/// On or off.
pub(crate) const SWITCH: ValueFormat<bool> =
    ValueFormat::new("on|off", |text| match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("must be `on` or `off`".to_owned()),
    });

/// A span of time.
pub(crate) const DURATION: ValueFormat<Duration> = ValueFormat::new("DURATION", read_duration);

/// The realms, at least one, none twice.
pub(crate) const REALM_NAMES: ValueFormat<Vec<RealmName>> = ValueFormat::new("NAMES", |text| {
    let mut names: Vec<RealmName> = Vec::new();
    for word in items(text) {
        let name =
            RealmName::parse(word).map_err(|why| format!("cannot have a realm `{}`: {why}", word.escape_debug()))?;
        if names.contains(&name) {
            return Err(format!("names `{name}` twice"));
        }
        names.push(name);
    }
    if names.is_empty() { Err("must name at least one realm".to_owned()) } else { Ok(names) }
});

/// Countries by their two letters.
pub(crate) const COUNTRIES: ValueFormat<Vec<String>> = ValueFormat::new("CODES", |text| {
    let is_code = |word: &str| word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    if items(text).all(is_code) {
        Ok(items(text).map(str::to_ascii_uppercase).collect())
    } else {
        Err("must be ISO 3166 codes of two letters, by commas, such as `DE,FR`".to_owned())
    }
})
.like("DE,FR");

/// A whole number between two bounds, both included.
pub(crate) const fn number<T: TryFrom<u64>, const MIN: u64, const MAX: u64>() -> ValueFormat<T> {
    ValueFormat::new("NUMBER", |text| {
        let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
        number
            .and_then(|number: u64| T::try_from(number).ok())
            .ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}"))
    })
}

/// The parts of a list by commas, trimmed, empty ones left out.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Ten years: longer is a slip of the hand, and would run out of the calendar when added to now.
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
