//! Where the text of a setting was written.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::id::RealmName;

use super::mask::masked_words;

/// The beginning of the environment variables that set something for one realm.
pub(super) const REALM_PREFIX: &str = "REALM_";

/// The place of a setting's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    Environment,
    /// A line of `.env`, or of another file in its format.
    Dotenv(Line),
    /// A line of a TOML file.
    Toml(Line),
    /// No place: the value follows from other settings or from the machine.
    Derived,
}

/// A line of a file. The first line is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: PathBuf,
    pub(super) number: usize,
}

/// The source of a setting's value.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) origin: Origin,
    /// The file that holds the text, where `NAME_FILE` names one.
    pub(super) file: Option<PathBuf>,
    /// The realm for which it was set; none where it is server-wide.
    pub(super) realm: Option<RealmName>,
}

/// Returns the name of a realm as it is written in environment variables.
pub(super) fn in_variables(realm: &RealmName) -> String {
    realm.as_str().to_ascii_uppercase().replace('-', "_")
}

impl Source {
    /// Returns the source of a server-wide setting that is not read from a file.
    pub(super) const fn server_wide(origin: Origin) -> Self {
        Self { origin, file: None, realm: None }
    }

    /// Writes the name of a setting with its realm, in the notation of the source.
    pub(super) fn full_name(&self, name: &str) -> String {
        match (&self.realm, &self.origin) {
            (Some(realm), Origin::Toml(_)) => format!("realms.{realm}.{}", name.to_ascii_lowercase()),
            _ => self.variable(name),
        }
    }

    /// Writes the name of a setting as an environment variable, with its realm.
    pub(super) fn variable(&self, name: &str) -> String {
        match &self.realm {
            Some(realm) => format!("{REALM_PREFIX}{}_{name}", in_variables(realm)),
            None => name.to_owned(),
        }
    }
}

impl Origin {
    /// Returns the settings file that contains the text.
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
