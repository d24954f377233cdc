//! Suggested fixes, written for the source where the setting was set, because the same line in a source of lower
//! precedence would have no effect.

use std::path::Path;

use super::{
    origin::{Origin, Source},
    setting::FILE_SUFFIX,
};

/// Suggested fix of a problem.
#[derive(Debug, Clone)]
pub(super) enum Fix {
    /// Sets a setting to a value.
    Set(&'static str, String),
    /// Sets a setting to a new secret of 32 random bytes. Never used for keys that decrypt stored data.
    NewSecret(&'static str),
    /// Removes a setting.
    Unset(&'static str),
    /// A shell command, or an instruction for the operator.
    Do(String),
}

impl Fix {
    pub(super) fn set(name: &'static str, value: impl Into<String>) -> Self {
        Self::Set(name, value.into())
    }

    /// Sets a secret issued by another service, using a file.
    pub(super) fn in_a_file(name: &str) -> Self {
        let file = name.to_ascii_lowercase();
        Self::Do(format!("{name}_FILE=secrets/{file}, a file that only the server's user can read"))
    }

    /// Makes a file readable only by its owner.
    pub(super) fn close(file: &Path) -> Self {
        Self::Do(format!("chmod 600 {}", quoted(file)))
    }

    /// Returns the setting that the fix changes.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Set(name, _) | Self::NewSecret(name) | Self::Unset(name) => Some(name),
            Self::Do(_) => None,
        }
    }

    /// Formats the fix for the source where the setting was set.
    pub(super) fn spelled(self, source: Option<&Source>) -> String {
        match self {
            Self::Set(name, value) => set(name, &value, source),
            Self::NewSecret(name) => new_secret(name, source),
            Self::Unset(name) => unset(name, source),
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
        _ => format!("{}={value}", variable(name, source)),
    }
}

fn variable(name: &str, source: Option<&Source>) -> String {
    source.map_or_else(|| name.to_owned(), |source| source.variable(name))
}

const DRAW: &str = "openssl rand -base64 32";

fn new_secret(name: &str, source: Option<&Source>) -> String {
    let variable = variable(name, source);
    match source {
        // The file may be the only copy of the old secret, so it is not overwritten.
        Some(Source { file: Some(_), .. } | Source { origin: Origin::CommandLine, .. }) => {
            let file = format!("{}.new", name.to_ascii_lowercase());
            format!("(umask 077; {DRAW} > {file}), then set {variable}{FILE_SUFFIX} to {file}")
        }
        Some(Source { origin: Origin::Environment, .. }) => format!("export {variable}=\"$({DRAW})\""),
        // The last line for a name takes effect. The line before it may lack a newline.
        _ => format!("(umask 077; printf '\\n{variable}=%s\\n' \"$({DRAW})\" >> .env)"),
    }
}

/// Describes how to remove a setting.
pub(super) fn unset(name: &str, source: Option<&Source>) -> String {
    let is_file = source.is_some_and(|source| source.file.is_some());
    let name = format!("{name}{}", if is_file { FILE_SUFFIX } else { "" });
    match source.map(|source| &source.origin) {
        Some(Origin::CommandLine) => format!("remove {}", flag(&name)),
        Some(Origin::Environment) => format!("unset {}", variable(&name, source)),
        Some(Origin::Dotenv(line) | Origin::Toml(line)) => {
            format!("remove line {} of {}", line.number, line.file.display())
        }
        Some(Origin::Derived) | None => format!("leave {name} unset"),
    }
}

fn flag(name: &str) -> String {
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}

/// Quotes a path for a shell.
pub(super) fn quoted(path: &Path) -> String {
    quote(&path.display().to_string())
}

fn quote(text: &str) -> String {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+@%:,".contains(&b));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
