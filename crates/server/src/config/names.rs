//! Lookup of settings by name.

use super::{
    setting::{Entry, FILE_SUFFIX, Info},
    suggest::distance,
};

/// A known name: a setting's value, or the file that contains it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SettingName {
    pub(super) setting: &'static dyn Entry,
    pub(super) is_file: bool,
}

/// All settings, in documentation order.
#[derive(Debug, Clone)]
pub(super) struct Names(Vec<&'static dyn Entry>);

impl Names {
    pub(super) fn new(settings: impl IntoIterator<Item = &'static dyn Entry>) -> Self {
        Self(settings.into_iter().collect())
    }

    pub(super) fn settings(&self) -> impl Iterator<Item = &'static dyn Entry> {
        self.0.iter().copied()
    }

    /// Finds a setting by its exact name, with or without `_FILE`.
    pub(super) fn find(&self, name: &str) -> Option<SettingName> {
        let value = self.named(name).map(|setting| SettingName { setting, is_file: false });
        value.or_else(|| {
            let setting = self.named(name.strip_suffix(FILE_SUFFIX)?)?;
            Some(SettingName { setting, is_file: true })
        })
    }

    /// Returns the known name closest to a misspelt one, in upper case, if it is close enough.
    pub(super) fn nearest(&self, name: &str) -> Option<String> {
        self.nearest_of(name, |_| true)
    }

    /// Returns the closest name among the per-realm settings.
    pub(super) fn nearest_per_realm(&self, name: &str) -> Option<String> {
        self.nearest_of(name, |info| info.is_per_realm)
    }

    fn nearest_of(&self, name: &str, is_candidate: fn(&Info) -> bool) -> Option<String> {
        let name = name.to_ascii_uppercase().replace('-', "_");
        let (stem, suffix) = name.strip_suffix(FILE_SUFFIX).map_or((name.as_str(), ""), |stem| (stem, FILE_SUFFIX));
        let infos = || self.settings().map(|setting| setting.info()).filter(|info| is_candidate(info));
        let known = || infos().map(|info| info.name);
        let whole = known().map(|known| (distance(&name, known), known.to_owned()));
        let by_stem = known().map(|known| (distance(stem, known), format!("{known}{suffix}")));
        let (_, known) = whole.chain(by_stem).filter_map(|(distance, known)| Some((distance?, known))).min()?;
        Some(known)
    }

    fn named(&self, name: &str) -> Option<&'static dyn Entry> {
        self.settings().find(|setting| setting.info().name == name)
    }
}
