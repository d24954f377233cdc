//! The value of each setting, and where it comes from.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::{ExposeSecret, SecretString};

use super::{
    mask::{MASK, masked},
    names::Names,
    origin::{Origin, Source},
    report::Provenance,
    setting::{Entry, Fallback, Info, Setting},
};

/// The values of all settings.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    names: Names,
    configured: BTreeMap<&'static str, ConfiguredValue>,
    dir: PathBuf,
}

/// A setting that has a value other than its default.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredValue {
    /// None where it was set in a way that gives no value. That has been reported.
    pub(super) text: Option<SecretString>,
    pub(super) source: Source,
}

impl Values {
    /// Makes the values from those that are configured. Relative paths start in `dir`.
    pub(super) fn new(names: Names, configured: BTreeMap<&'static str, ConfiguredValue>, dir: PathBuf) -> Self {
        Self { names, configured, dir }
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the working folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the values of a realm: its own on top of the server-wide ones.
    pub(super) fn with_own(&self, own: BTreeMap<&'static str, ConfiguredValue>) -> Self {
        let mut configured = self.configured.clone();
        configured.extend(own);
        Self { names: self.names.clone(), configured, dir: self.dir.clone() }
    }

    /// Whether the setting was set for the realm whose values these are.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.provenance(name).is_some_and(|value| value.source.is_some_and(|source| source.realm.is_some()))
    }

    /// Returns the configured value, or the default if it is fixed. A text that the setting's format refuses gives none;
    /// that has been reported.
    pub(super) fn get<T: fmt::Debug>(&self, setting: &'static Setting<T>) -> Option<T> {
        let info = setting.info();
        match (self.text(info.name), info.default) {
            (Some(text), _) => setting.read(info.trimmed(text)).ok(),
            (None, Fallback::Fixed(text)) => setting.read(text).ok(),
            (None, Fallback::Derived(_) | Fallback::Nothing) => None,
        }
    }

    /// Returns the value of a setting that names a file or folder, as an absolute path.
    pub(super) fn path(&self, setting: &'static Setting<PathBuf>) -> Option<PathBuf> {
        self.get(setting).map(|path| self.absolute(&path))
    }

    /// Resolves a path from the working folder.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.dir.join(path).components().collect()
    }

    /// Whether the setting was set or derived, even if to a text that cannot be read.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.configured.contains_key(name)
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
        let source = Source::server_wide(origin);
        self.configured.entry(name).or_insert(ConfiguredValue { text: Some(text), source });
    }

    /// Replaces the text of a setting, which keeps its source.
    pub(super) fn replace(&mut self, name: &'static str, text: SecretString) {
        let source = Source::server_wide(Origin::Derived);
        self.configured.entry(name).or_insert(ConfiguredValue { text: None, source }).text = Some(text);
    }

    /// Whether the value follows from other settings or from the machine.
    pub(super) fn is_derived(&self, name: &str) -> bool {
        self.configured.get(name).is_some_and(|value| value.source.origin == Origin::Derived)
    }

    /// Returns where the value of a setting comes from; none for a name that is no setting.
    pub(super) fn provenance(&self, name: &str) -> Option<Provenance<'_>> {
        let info = self.names.find(name)?.setting.info();
        let source = self.configured.get(info.name).map(|value| &value.source);
        Some(Provenance { source, default: info.default })
    }

    /// Returns the settings that are set and have no effect yet.
    pub(super) fn reserved(&self) -> impl Iterator<Item = &'static str> {
        let infos = self.names.settings().map(|setting| setting.info());
        infos.filter(|info| info.is_reserved && self.has(info.name)).map(|info| info.name)
    }

    /// Returns the configured text, unchanged.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.configured.get(name)?.text.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Returns the value of a setting for display, masked where it is secret, and where it comes from.
    pub(crate) fn shown(&self, info: &Info) -> (String, String) {
        let configured = self.configured.get(info.name).and_then(|value| Some((value.text.as_ref()?, &value.source)));
        match (configured, info.default) {
            (Some((_, source)), _) if info.is_secret => (MASK.to_owned(), source.to_string()),
            (Some((text, source)), _) => (self.shown_text(info, text.expose_secret()), source.to_string()),
            (None, Fallback::Fixed(text)) => (text.to_owned(), "default".to_owned()),
            (None, Fallback::Derived(rule)) => ("-".to_owned(), format!("not set; {rule}")),
            (None, Fallback::Nothing) => ("-".to_owned(), "not set".to_owned()),
        }
    }

    /// Hides passwords. What should be a URL and is none may be anything.
    fn shown_text(&self, info: &Info, text: &str) -> String {
        let text = info.trimmed(text);
        let is_valid = self.names.find(info.name).is_some_and(|name| name.setting.check(text).is_ok());
        if info.is_url() && !is_valid { MASK.to_owned() } else { masked(text).into_owned() }
    }
}
