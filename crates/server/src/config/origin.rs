//! Where the text of a setting was written.

use std::{
    fmt,
    path::{Path, PathBuf},
};

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
            Some(file) => write!(f, "{}, by {}", file.display(), self.origin),
            None => self.origin.fmt(f),
        }
    }
}
