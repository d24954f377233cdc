//! The sources of settings, each as one layer: command line, environment, `.env`, TOML.

mod dotenv;
mod flat;
mod toml;

pub(super) use dotenv::{EnvEntry, parse as parse_dotenv};

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use portcullis_core::SecretString;

use super::{
    Sources,
    fix::{Fix, quoted},
    names::SettingName,
    report::Report,
};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    CommandLine,
    Environment,
    /// A line of `.env`, or of a file of its form.
    Dotenv(Line),
    /// A line of a TOML file.
    Toml(Line),
    /// Other settings, or the machine.
    Derived,
}

/// A line of a file, the first being 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) file: PathBuf,
    pub(crate) number: usize,
}

impl Origin {
    /// The file that it stands in.
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

/// What one source says. Every value is kept as a secret: some are.
#[derive(Debug, Default)]
pub(super) struct Layer {
    entries: BTreeMap<(&'static str, bool), (SecretString, Origin)>,
}

impl Layer {
    /// The last of several values counts; an empty one is none.
    fn set(&mut self, key: SettingName, text: String, origin: Origin) {
        let at = (key.setting.info().name, key.is_file);
        if text.trim().is_empty() {
            self.entries.remove(&at);
        } else {
            self.entries.insert(at, (text.into(), origin));
        }
    }

    /// What it says of `NAME`, or of `NAME_FILE`.
    pub(super) fn get(&self, name: &'static str, is_file: bool) -> Option<&(SecretString, Origin)> {
        self.entries.get(&(name, is_file))
    }
}

/// All layers, the strongest first, and the realms that TOML has tables for.
pub(super) fn collect(sources: Sources, report: &mut Report) -> (Vec<Layer>, Vec<(String, Origin)>) {
    let Sources { args, env, dir } = sources;
    let dotenv = flat::dotenv(&dir, report);
    let (toml, realms) = toml::layer(args.config.as_deref(), &dir, report);
    let layers = [Some(flat::command_line(args.settings, report)), Some(flat::environment(env, report)), dotenv, toml];
    (layers.into_iter().flatten().collect(), realms)
}

/// The text of a file, if it is there; a refusal to read it is a problem.
fn read_file(path: &Path, report: &mut Report) -> Option<String> {
    match read_limited(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            let fix = Fix::Do(format!("ls -l {}, and let the server's user read it as text", quoted(path)));
            report.problem(path.display().to_string(), format!("cannot be read: {error}"), fix);
            None
        }
    }
}

/// Reads text of at most a mebibyte: whoever names a device or a disk image is told so, not kept waiting.
pub(super) fn read_limited(path: &Path) -> io::Result<String> {
    const MOST: u64 = 1 << 20;
    let mut text = String::new();
    File::open(path)?.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST { Err(io::Error::other("it is larger than 1 MiB")) } else { Ok(text) }
}

/// Ends a message with the name that was probably meant.
fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `portcullis --help` lists all settings".to_owned(),
        |nearest| format!("; did you mean `{nearest}`?"),
    )
}

/// What fixes a name that is none.
fn rename(name: &str, nearest: Option<&str>) -> Fix {
    Fix::Do(nearest.map_or_else(|| format!("take {name} out"), |nearest| format!("write {nearest} instead of {name}")))
}
