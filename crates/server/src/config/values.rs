//! What was said of each setting, and by whom: the layers laid over each other.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::{ExposeSecret, SecretString};

use super::{
    fix::{Fix, quoted, unset},
    layers::Layer,
    names::Names,
    origin::{Origin, Source},
    permissions,
    report::{Provenance, Report, Severity},
    setting::{Entry, FILE_SUFFIX, Fallback, Info, Setting},
    text_file,
    value::authority,
};

/// The settings that have a value of their own.
#[derive(Debug)]
pub(crate) struct Values {
    names: Names,
    given: BTreeMap<&'static str, ConfiguredValue>,
    /// Settings that were given in a way that gives no value; it has been reported.
    broken: BTreeMap<&'static str, Source>,
    dir: PathBuf,
}

/// What was said there gives no value; it has been reported.
struct Broken(Source);

#[derive(Debug)]
struct ConfiguredValue {
    text: SecretString,
    source: Source,
}

impl Values {
    /// Takes the strongest word on each setting, reads the files that are named, and checks the form.
    pub(super) fn resolve(names: Names, layers: &[Layer], dir: PathBuf, report: &mut Report) -> Self {
        let (given, broken) = (BTreeMap::new(), BTreeMap::new());
        let mut values = Self { names: names.clone(), given, broken, dir };
        for setting in names.settings() {
            let name = setting.info().name;
            match strongest(layers, setting.info(), &values.dir, report) {
                Ok(Some(given)) => {
                    check(setting, &given, report);
                    values.given.insert(name, given);
                }
                Ok(None) => {}
                Err(Broken(source)) => {
                    values.broken.insert(name, source);
                }
            }
        }
        open_sources(&values, report);
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
        self.given.contains_key(name) || self.broken.contains_key(name)
    }

    /// Gives a setting the value that follows from others, unless it has one.
    pub(super) fn derive<T>(&mut self, setting: &'static Setting<T>, rule: impl Fn(&Self) -> Option<String>) {
        if !self.has(setting.name())
            && let Some(text) = rule(self)
        {
            self.supply(setting.name(), text.into(), Origin::Derived);
        }
    }

    /// Gives a setting a value, unless it has one.
    pub(super) fn supply(&mut self, name: &'static str, text: SecretString, origin: Origin) {
        self.given.entry(name).or_insert(ConfiguredValue { text, source: Source { origin, file: None } });
    }

    /// Where a setting's value comes from, if it was given one.
    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.given.get(name).map(|given| &given.source).or_else(|| self.broken.get(name))
    }

    /// Whether its value follows from others.
    pub(super) fn is_derived(&self, name: &str) -> bool {
        self.source(name).is_some_and(|source| source.origin == Origin::Derived)
    }

    /// Returns where the value of a setting comes from; none for a name that is no setting.
    pub(super) fn provenance(&self, name: &str) -> Option<Provenance<'_>> {
        let info = self.names.find(name)?.setting.info();
        Some(Provenance { source: self.source(info.name), default: info.default })
    }

    /// The settings that were given and have no effect yet.
    pub(super) fn reserved(&self) -> impl Iterator<Item = &'static str> {
        let infos = self.names.settings().map(|setting| setting.info());
        infos.filter(|info| info.is_reserved && self.has(info.name)).map(|info| info.name)
    }

    /// The text that was given, as it was.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.given.get(name).map(|given| given.text.expose_secret())
    }

    /// What may be shown of a setting: its value, masked when it is secret, and where that comes from.
    pub(crate) fn shown(&self, info: &Info) -> (String, String) {
        match (self.given.get(info.name), info.default) {
            (Some(given), _) if info.is_secret => ("********".to_owned(), given.source.to_string()),
            (Some(given), _) => (without_credentials(trimmed(info, &given.text)), given.source.to_string()),
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

fn strongest(
    layers: &[Layer],
    info: &Info,
    dir: &Path,
    report: &mut Report,
) -> Result<Option<ConfiguredValue>, Broken> {
    let word = |is_file| layers.iter().find_map(|layer| layer.get(info.name, is_file));
    match (word(false), word(true)) {
        (None, None) => Ok(None),
        (Some((text, origin)), None) => {
            Ok(Some(ConfiguredValue { text: text.clone(), source: Source { origin: origin.clone(), file: None } }))
        }
        (None, Some((path, origin))) => {
            let file = dir.join(path.expose_secret().trim());
            from_file(info, Source { origin: origin.clone(), file: Some(file) }, report).map(Some)
        }
        (Some((_, here)), Some((path, there))) => {
            let name = info.name;
            let text = format!("is set ({here}) and so is {name}{FILE_SUFFIX} ({there}): keep one of them");
            let here = Source { origin: here.clone(), file: None };
            let there = Source { origin: there.clone(), file: Some(dir.join(path.expose_secret().trim())) };
            // A secret is better kept in its file.
            let worse = if info.is_secret { &here } else { &there };
            report.problem(name, text, Fix::Do(unset(name, Some(worse))));
            Err(Broken(here))
        }
    }
}

/// Reads the file that `NAME_FILE` names; the newline at its end does not count.
fn from_file(info: &Info, source: Source, report: &mut Report) -> Result<ConfiguredValue, Broken> {
    let name = format!("{}{FILE_SUFFIX}", info.name);
    let path = source.file.as_deref().unwrap_or_else(|| Path::new(""));
    let mut unusable = |why: String| {
        let fix = Fix::Do(format!("write the value into {}, or name the file that has it", quoted(path)));
        report.problem(name.as_str(), format!("{} {why}", path.display()), fix);
    };
    let text = match text_file::read(path) {
        Ok(text) => text,
        Err(error) => {
            unusable(format!("cannot be read: {error}"));
            return Err(Broken(source));
        }
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.trim().is_empty() {
        unusable("is empty".to_owned());
        return Err(Broken(source));
    }
    if must_be_kept(info, text) && permissions::is_open_to_others(path) {
        let text = format!("others can read {}", path.display());
        report.insecure(Severity::RefusedElseWarned, name, text, Fix::close(path));
    }
    Ok(ConfiguredValue { text: text.into(), source })
}

/// Whether others must not read it: a secret, or a URL with a password in it.
fn must_be_kept(info: &Info, text: &str) -> bool {
    info.is_secret || authority(text).is_some_and(|(user, _)| user.is_some_and(|user| user.contains(':')))
}

/// Finds files of settings that others can read although secrets stand in them: one report a file.
fn open_sources(values: &Values, report: &mut Report) {
    let mut kept: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for info in values.names.settings().map(|setting| setting.info()) {
        let Some(ConfiguredValue { text, source: Source { origin, file: None } }) = values.given.get(info.name) else {
            continue;
        };
        if let Some(file) = origin.file().filter(|_| must_be_kept(info, text.expose_secret())) {
            kept.entry(file).or_default().push(info.name);
        }
    }
    for (file, names) in kept.into_iter().filter(|(file, _)| permissions::is_open_to_others(file)) {
        let stand = if names.len() == 1 { "stands" } else { "stand" };
        let text = format!("{stand} in {}, which others can read", file.display());
        report.insecure(Severity::Refused, names, text, Fix::close(file));
    }
}

fn check(setting: &dyn Entry, given: &ConfiguredValue, report: &mut Report) {
    let info = setting.info();
    let text = trimmed(info, &given.text);
    if text.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        report.problem(info.name, "must be text without control characters", instead(setting, ""));
    } else if let Err(wanted) = setting.check(text) {
        // A URL may carry a password.
        let is_shown = !info.is_secret && !text.contains("://");
        let was = if is_shown { format!(" (it is `{text}`)") } else { String::new() };
        report.problem(info.name, format!("{wanted}{was}"), instead(setting, text));
    }
}

/// What to write instead of a text of the wrong form: what was probably meant, or else what does no harm.
fn instead(setting: &dyn Entry, text: &str) -> Fix {
    let info = setting.info();
    if info.is_random {
        return Fix::NewSecret(info.name);
    }
    let default = match info.default {
        Fallback::Fixed(default) => Some(default.to_owned()),
        Fallback::Derived(_) | Fallback::Nothing => None,
    };
    match setting.meant(text).or(default) {
        Some(value) => Fix::Set(info.name, value),
        None => Fix::Unset(info.name),
    }
}

/// Blanks around a value mean nothing, unless it is a secret.
fn trimmed<'a>(info: &Info, text: &'a SecretString) -> &'a str {
    if info.is_secret { text.expose_secret() } else { text.expose_secret().trim() }
}
