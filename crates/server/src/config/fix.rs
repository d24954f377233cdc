//! The one line that fixes a setting, spelled for the place where it was set: what stands in a weaker one changes nothing.

use std::path::Path;

use super::{
    layers::Origin,
    names::FILE_SUFFIX,
    values::{Source, Values},
};

/// What fixes it.
#[derive(Debug, Clone)]
pub(super) enum Fix {
    /// This setting gets this value.
    Set(&'static str, String),
    /// This setting gets a secret of 32 random bytes.
    NewSecret(&'static str),
    /// This setting is not set.
    Unset(&'static str),
    /// A command, or what a person must do.
    Do(String),
}

impl Fix {
    pub(super) fn set(name: &'static str, value: impl Into<String>) -> Self {
        Self::Set(name, value.into())
    }

    /// Nobody but its owner reads the file any more.
    pub(super) fn close(file: &Path) -> Self {
        Self::Do(format!("chmod 600 {}", quoted(file)))
    }

    pub(super) fn spelled(self, values: &Values) -> String {
        match self {
            Self::Set(name, value) => set(name, &value, values.source(name)),
            Self::NewSecret(name) => new_secret(name, values.source(name)),
            Self::Unset(name) => unset(name, values.source(name)),
            Self::Do(what) => what,
        }
    }
}

fn set(name: &str, value: &str, source: Option<&Source>) -> String {
    match source {
        Some(Source { file: Some(file), .. }) => format!("echo {} > {}", quote(value), quoted(file)),
        Some(Source { origin: Origin::CommandLine, .. }) => format!("{} {value}", flag(name)),
        Some(Source { origin: Origin::Toml(_), .. }) => {
            let is_bare = value.bytes().all(|b| b.is_ascii_digit());
            let value = if is_bare { value.to_owned() } else { format!("{value:?}") };
            format!("{} = {value}", name.to_ascii_lowercase())
        }
        _ => format!("{name}={value}"),
    }
}

const DRAW: &str = "openssl rand -base64 32";

fn new_secret(name: &str, source: Option<&Source>) -> String {
    match source {
        Some(Source { file: Some(file), .. }) => format!("{DRAW} > {}", quoted(file)),
        Some(Source { origin: Origin::CommandLine, .. }) => {
            let file = name.to_ascii_lowercase();
            format!("(umask 077; {DRAW} > {file}), and {}-file {file} instead", flag(name))
        }
        Some(Source { origin: Origin::Environment, .. }) => format!("export {name}=\"$({DRAW})\""),
        // Of several lines the last counts; the one before may have no end.
        _ => format!("(umask 077; printf '\\n{name}=%s\\n' \"$({DRAW})\" >> .env)"),
    }
}

/// How a setting comes not to be set.
pub(super) fn unset(name: &str, source: Option<&Source>) -> String {
    let is_file = source.is_some_and(|source| source.file.is_some());
    let name = format!("{name}{}", if is_file { FILE_SUFFIX } else { "" });
    match source.map(|source| &source.origin) {
        Some(Origin::CommandLine) => format!("leave out {}", flag(&name)),
        Some(Origin::Environment) => format!("unset {name}"),
        Some(Origin::Dotenv(line) | Origin::Toml(line)) => {
            format!("take line {} out of {}", line.number, line.file.display())
        }
        Some(Origin::Derived) | None => format!("leave {name} unset"),
    }
}

fn flag(name: &str) -> String {
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    quote(&path.display().to_string())
}

fn quote(text: &str) -> String {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+@%:,".contains(&b));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
