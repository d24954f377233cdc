//! What was said of each setting, and by whom: the layers laid over each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::{ExposeSecret, SecretString};

use super::{
    access,
    form::authority,
    layers::{Layer, Origin, read_limited},
    names::FILE_SUFFIX,
    report::{Gravity, Report},
    setting::{Entry, Fallback, Info, Setting},
    table::SETTINGS,
};

/// The settings that have a value of their own.
#[derive(Debug)]
pub(crate) struct Values {
    given: BTreeMap<&'static str, Given>,
    /// Settings that were given in a way that gives no value; it has been reported.
    broken: BTreeSet<&'static str>,
    dir: PathBuf,
}

/// What was said gives no value; it has been reported.
struct Broken;

#[derive(Debug)]
struct Given {
    text: SecretString,
    origin: Origin,
    /// Where the text was read from, when it was by `NAME_FILE`.
    file: Option<PathBuf>,
}

impl Values {
    /// Takes the strongest word on each setting, reads the files that are named, and checks the form.
    pub(super) fn resolve(layers: &[Layer], dir: PathBuf, report: &mut Report) -> Self {
        let (given, broken) = (BTreeMap::new(), BTreeSet::new());
        let mut values = Self { given, broken, dir };
        for setting in SETTINGS.iter().copied() {
            let name = setting.info().name;
            match strongest(layers, setting.info(), &values.dir, report) {
                Ok(Some(given)) => {
                    check(setting, &given, report);
                    values.given.insert(name, given);
                }
                Ok(None) => {}
                Err(Broken) => {
                    values.broken.insert(name);
                }
            }
        }
        values
    }

    /// The value: what was given, or what is fixed as the default. A text of the wrong form gives none; it has been
    /// reported.
    pub(super) fn get<T: fmt::Debug>(&self, setting: &'static Setting<T>) -> Option<T> {
        match (self.given.get(setting.name()), setting.info().default) {
            (Some(given), _) => setting.read(trimmed(setting.info(), &given.text)).ok(),
            (None, Fallback::Fixed(text)) => setting.read(text).ok(),
            (None, Fallback::Derived(_) | Fallback::Nothing) => None,
        }
    }

    /// The value of a setting that names a file or folder, seen from the working folder.
    pub(super) fn path(&self, setting: &'static Setting<PathBuf>) -> Option<PathBuf> {
        self.get(setting).map(|path| self.absolute(&path))
    }

    /// A path, seen from the working folder.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.dir.join(path).components().collect()
    }

    /// Whether somebody, or a rule, gave it a value, be it a bad one.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.given.contains_key(name) || self.broken.contains(name)
    }

    /// Gives a setting the value that follows from others, unless it has one.
    pub(super) fn derive(&mut self, name: &'static str, text: impl Into<String>) {
        self.supply(name, text.into().into(), Origin::Derived);
    }

    /// Gives a setting a value, unless it has one.
    pub(super) fn supply(&mut self, name: &'static str, text: SecretString, origin: Origin) {
        self.given.entry(name).or_insert(Given { text, origin, file: None });
    }

    /// The settings that were given and have no effect yet.
    pub(super) fn reserved(&self) -> impl Iterator<Item = &'static str> {
        let infos = SETTINGS.iter().map(|setting| setting.info());
        infos.filter(|info| info.is_reserved && self.has(info.name)).map(|info| info.name)
    }

    /// The text that was given, as it was.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.given.get(name).map(|given| given.text.expose_secret())
    }

    /// What may be shown of a setting: its value, masked when it is secret, and where that comes from.
    pub(crate) fn shown(&self, info: &Info) -> (String, String) {
        match (self.given.get(info.name), info.default) {
            (Some(given), _) if info.is_secret => ("********".to_owned(), given.to_string()),
            (Some(given), _) => (without_credentials(trimmed(info, &given.text)), given.to_string()),
            (None, Fallback::Fixed(text)) => (text.to_owned(), "default".to_owned()),
            (None, Fallback::Derived(rule)) => ("-".to_owned(), format!("not set; {rule}")),
            (None, Fallback::Nothing) => ("-".to_owned(), "not set".to_owned()),
        }
    }
}

/// What stands before the host of a URL may be a password.
fn without_credentials(text: &str) -> String {
    match authority(text) {
        Some((Some(credentials), _)) => text.replace(credentials, "********"),
        _ => text.to_owned(),
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}, by {}", file.display(), self.origin),
            None => self.origin.fmt(f),
        }
    }
}

fn strongest(layers: &[Layer], info: &Info, dir: &Path, report: &mut Report) -> Result<Option<Given>, Broken> {
    let word = |is_file| layers.iter().find_map(|layer| Some((layer.get(info.name, is_file)?, &layer.origin)));
    match (word(false), word(true)) {
        (None, None) => Ok(None),
        (Some((text, origin)), None) => {
            warn_of_open_source(info, origin, report);
            Ok(Some(Given { text: text.clone(), origin: origin.clone(), file: None }))
        }
        (None, Some((path, origin))) => {
            from_file(info, &dir.join(path.expose_secret().trim()), origin, report).map(Some)
        }
        (Some((_, here)), Some((_, there))) => {
            let name = info.name;
            let text = format!("is set ({here}) and so is {name}{FILE_SUFFIX} ({there}): keep one of them");
            report.problem(name, text);
            Err(Broken)
        }
    }
}

/// Reads the file that `NAME_FILE` names; the newline at its end does not count.
fn from_file(info: &Info, path: &Path, origin: &Origin, report: &mut Report) -> Result<Given, Broken> {
    let name = format!("{}{FILE_SUFFIX}", info.name);
    let text = match read_limited(path) {
        Ok(text) => text,
        Err(error) => {
            report.problem(name, format!("{} ({origin}) cannot be read: {error}", path.display()));
            return Err(Broken);
        }
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.trim().is_empty() {
        report.problem(name, format!("{} ({origin}) is empty", path.display()));
        return Err(Broken);
    }
    if info.is_secret && access::is_open_to_others(path) {
        let text = format!("others can read {0}: run `chmod 600 {0}`", path.display());
        report.insecure(Gravity::RefusedElseWarned, name, text);
    }
    Ok(Given { text: text.into(), origin: origin.clone(), file: Some(path.to_owned()) })
}

fn warn_of_open_source(info: &Info, origin: &Origin, report: &mut Report) {
    if let Origin::File(path) = origin
        && info.is_secret
        && access::is_open_to_others(path)
    {
        let text = format!("stands in {0}, which others can read: run `chmod 600 {0}`", path.display());
        report.insecure(Gravity::Refused, info.name, text);
    }
}

fn check(setting: &dyn Entry, given: &Given, report: &mut Report) {
    let info = setting.info();
    let text = trimmed(info, &given.text);
    if text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        let text = format!("must be text without control characters (from {given})");
        report.problem(info.name, text);
    } else if let Err(wanted) = setting.check(text) {
        // A URL may carry a password.
        let is_shown = !info.is_secret && !text.contains("://");
        let was = if is_shown { format!("`{text}` ") } else { String::new() };
        report.problem(info.name, format!("{wanted} ({was}from {given})"));
    }
}

/// Blanks around a value mean nothing, unless it is a secret.
fn trimmed<'a>(info: &Info, text: &'a SecretString) -> &'a str {
    if info.is_secret { text.expose_secret() } else { text.expose_secret().trim() }
}
