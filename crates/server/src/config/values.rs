//! The value of each setting, and where it was set.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use portcullis_core::{ExposeSecret, SecretString, oauth::RegisteredClient};

use super::{
    mask::{MASK, masked},
    names::Names,
    origin::{Origin, Source},
    report::Provenance,
    setting::{Entry, Fallback, Info, MEMBER, Setting},
};

/// The values of all settings.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    names: Names,
    configured: BTreeMap<&'static str, ConfiguredValue>,
    dir: PathBuf,
    /// Clients of the realm that these values belong to.
    pub(super) clients: Vec<RegisteredClient>,
}

/// A setting with a value other than its default.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredValue {
    /// `None` if the setting was set but has no usable value, which has already been reported.
    pub(super) text: Option<SecretString>,
    pub(super) source: Source,
}

impl Values {
    /// Creates the values from the configured ones. Relative paths are resolved against `dir`.
    pub(super) fn new(names: Names, configured: BTreeMap<&'static str, ConfiguredValue>, dir: PathBuf) -> Self {
        Self { names, configured, dir, clients: Vec::new() }
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the working directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns a realm's values: its own, with the server-wide values as fallback.
    pub(super) fn with_own(&self, own: BTreeMap<&'static str, ConfiguredValue>) -> Self {
        let mut configured = self.configured.clone();
        configured.extend(own);
        Self { names: self.names.clone(), configured, dir: self.dir.clone(), clients: Vec::new() }
    }

    /// Returns whether the setting was set for the realm that these values belong to.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.provenance(name).is_some_and(|value| value.source.is_some_and(|source| source.realm.is_some()))
    }

    /// Returns the configured value, or the default if it is fixed. Returns `None` for an invalid value, which has
    /// already been reported.
    pub(super) fn get<T: fmt::Debug>(&self, setting: &'static Setting<T>) -> Option<T> {
        let info = setting.info();
        match (self.text(info.name), info.default) {
            (Some(text), _) => setting.read(info.trimmed(text)).ok(),
            (None, Fallback::Fixed(text)) => setting.read(text).ok(),
            (None, Fallback::Derived(_) | Fallback::Nothing) => None,
        }
    }

    /// Returns the value of a member's setting, or the default if it is fixed.
    pub(super) fn of_member<T: fmt::Debug>(&self, setting: &'static Setting<T>, member: &str) -> Option<T> {
        let info = setting.info();
        let text = self.configured.get(member_name(info, member).as_str());
        match (text.and_then(|value| value.text.as_ref()), info.default) {
            (Some(text), _) => setting.read(info.trimmed(text.expose_secret())).ok(),
            (None, Fallback::Fixed(text)) => setting.read(text).ok(),
            (None, Fallback::Derived(_) | Fallback::Nothing) => None,
        }
    }

    /// Returns the name of a member's setting, or `None` if it is not set.
    pub(super) fn name_of_member<T: fmt::Debug>(
        &self,
        setting: &'static Setting<T>,
        member: &str,
    ) -> Option<&'static str> {
        let name = member_name(setting.info(), member);
        self.configured.get_key_value(name.as_str()).map(|(name, _)| *name)
    }

    /// Returns the members of a family with at least one of these settings, in alphabetical order.
    pub(super) fn members(&self, settings: &[&'static dyn Entry]) -> BTreeSet<&'static str> {
        let families = settings.iter().filter_map(|setting| setting.info().family());
        let of_family = |(before, after): (&'static str, &'static str)| {
            self.configured.keys().filter_map(move |name| {
                let member = name.strip_prefix(before)?.strip_suffix(after)?;
                (!member.contains('_')).then_some(member)
            })
        };
        families.flat_map(of_family).collect()
    }

    /// Returns the value of a path setting as an absolute path.
    pub(super) fn path(&self, setting: &'static Setting<PathBuf>) -> Option<PathBuf> {
        self.get(setting).map(|path| self.absolute(&path))
    }

    /// Resolves a path against the working directory.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.dir.join(path).components().collect()
    }

    /// Returns whether the setting was set or derived, even if its value is invalid.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.configured.contains_key(name)
    }

    /// Derives a setting's value from others, unless it already has one.
    pub(super) fn derive<T>(&mut self, setting: &'static Setting<T>, rule: impl Fn(&Self) -> Option<String>) {
        if !self.has(setting.name())
            && let Some(text) = rule(self)
        {
            self.supply(setting.name(), text.into(), Origin::Derived);
        }
    }

    /// Sets a value, unless the setting already has one.
    pub(super) fn supply(&mut self, name: &'static str, text: SecretString, origin: Origin) {
        let source = Source::server_wide(origin);
        self.configured.entry(name).or_insert(ConfiguredValue { text: Some(text), source });
    }

    /// Replaces a setting's text and keeps its source.
    pub(super) fn replace(&mut self, name: &'static str, text: SecretString) {
        let source = Source::server_wide(Origin::Derived);
        self.configured.entry(name).or_insert(ConfiguredValue { text: None, source }).text = Some(text);
    }

    /// Returns whether the value was derived from other settings or from the machine.
    pub(super) fn is_derived(&self, name: &str) -> bool {
        self.configured.get(name).is_some_and(|value| value.source.origin == Origin::Derived)
    }

    /// Returns where a setting was set, or `None` for unknown names.
    pub(super) fn provenance(&self, name: &str) -> Option<Provenance<'_>> {
        let info = self.names.find(name)?.setting.info();
        let source = self.configured.get(info.name).map(|value| &value.source);
        Some(Provenance { source, default: info.default })
    }

    /// Returns the configured text verbatim.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.configured.get(name)?.text.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Returns a setting's value for display, masked if secret, and where it was set.
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

    /// Masks passwords. A value that should be a URL but is not one is masked entirely.
    fn shown_text(&self, info: &Info, text: &str) -> String {
        let text = info.trimmed(text);
        let is_valid = self.names.find(info.name).is_some_and(|name| name.setting.check(text).is_ok());
        if info.is_url() && !is_valid { MASK.to_owned() } else { masked(text).into_owned() }
    }
}

fn member_name(info: &Info, member: &str) -> String {
    info.name.replace(MEMBER, member)
}
