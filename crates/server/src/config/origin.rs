//! Where a setting was set.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::id::RealmName;

use super::mask::masked_words;

/// Prefix of environment variables that set a value for one realm.
pub(super) const REALM_PREFIX: &str = "REALM_";

/// Source that a raw value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    Environment,
    /// A line of `.env`, or of another file in its format.
    Dotenv(Line),
    /// A line of a TOML file.
    Toml(Line),
    /// No source: the value is derived from other settings or from the machine.
    Derived,
}

/// A line of a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: PathBuf,
    pub(super) number: usize,
}

/// The source of a setting's value.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) origin: Origin,
    /// The file that contains the value, if the setting was given as `NAME_FILE`.
    pub(super) file: Option<PathBuf>,
    /// The realm it was set for. `None` if server-wide.
    pub(super) realm: Option<RealmName>,
}

/// Returns a realm's name as used in environment variables.
pub(super) fn in_variables(realm: &RealmName) -> String {
    realm.as_str().to_ascii_uppercase().replace('-', "_")
}

impl Source {
    /// Returns the source of a server-wide value that is not read from a `NAME_FILE`.
    pub(super) const fn server_wide(origin: Origin) -> Self {
        Self { origin, file: None, realm: None }
    }

    /// Returns the setting's name including its realm, in the notation of the source.
    pub(super) fn full_name(&self, name: &str) -> String {
        match (&self.realm, &self.origin) {
            (Some(realm), Origin::Toml(_)) => format!("realms.{realm}.{}", name.to_ascii_lowercase()),
            _ => self.variable(name),
        }
    }

    /// Returns the environment variable for a setting, including its realm.
    pub(super) fn variable(&self, name: &str) -> String {
        match &self.realm {
            Some(realm) => format!("{REALM_PREFIX}{}_{name}", in_variables(realm)),
            None => name.to_owned(),
        }
    }
}

impl Origin {
    /// Returns the settings file that contains the value.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::Dotenv(line) | Self::Toml(line) => Some(&line.file),
            Self::CommandLine | Self::Environment | Self::Derived => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line"),
            Self::Environment => f.write_str("the environment"),
            Self::Dotenv(line) | Self::Toml(line) => write!(f, "{}, line {}", line.file.display(), line.number),
            Self::Derived => f.write_str("derived"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}, named by {}", masked_words(&file.display().to_string()), self.origin),
            None => self.origin.fmt(f),
        }
    }
}
