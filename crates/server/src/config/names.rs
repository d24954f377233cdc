//! Lookup of settings by name.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    setting::{Entry, FILE_SUFFIX, Info},
    suggest::distance,
};

/// A known name: a setting, or the file that contains its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct SettingName {
    pub(super) setting: &'static dyn Entry,
    pub(super) is_file: bool,
}

/// All settings in documentation order, and the member settings that were looked up.
#[derive(Debug, Clone)]
pub(super) struct Names {
    settings: Vec<&'static dyn Entry>,
    members: Arc<Mutex<Vec<&'static dyn Entry>>>,
}

/// Maximum length of a member name.
const MAX_MEMBER_LENGTH: usize = 32;

impl Names {
    pub(super) fn new(settings: impl IntoIterator<Item = &'static dyn Entry>) -> Self {
        Self { settings: settings.into_iter().collect(), members: Arc::default() }
    }

    pub(super) fn settings(&self) -> impl Iterator<Item = &'static dyn Entry> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = self.settings.iter().copied().filter(|setting| setting.info().family().is_none());
        own.chain(members).collect::<Vec<_>>().into_iter()
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
        let infos = || self.settings.iter().map(|setting| setting.info()).filter(|info| is_candidate(info));
        let known = || infos().filter_map(|info| spelled_for(info, &name));
        let whole = known().map(|known| (distance(&name, &known), known));
        let by_stem = known().filter(|_| !suffix.is_empty());
        let by_stem = by_stem.map(|known| (distance(stem, &known), format!("{known}{suffix}")));
        let (_, known) = whole.chain(by_stem).filter_map(|(distance, known)| Some((distance?, known))).min()?;
        Some(known)
    }

    fn named(&self, name: &str) -> Option<&'static dyn Entry> {
        if let Some(setting) = self.settings().find(|setting| setting.info().name == name) {
            return Some(setting);
        }
        let is_of = |setting: &&&'static dyn Entry| {
            let Some((before, after)) = setting.info().family() else { return false };
            let member = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            member.is_some_and(is_member)
        };
        let member = self.settings.iter().find(is_of)?.of_member(name.to_owned());
        self.members.lock().unwrap_or_else(PoisonError::into_inner).push(member);
        Some(member)
    }
}

/// Returns whether a text can be a member name: letters and digits.
fn is_member(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (1..=MAX_MEMBER_LENGTH).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Returns the name of a setting. For a family, returns the name for the member in a misspelt name.
fn spelled_for(info: &Info, name: &str) -> Option<String> {
    let Some((before, after)) = info.family() else { return Some(info.name.to_owned()) };
    let member = name.strip_prefix(before)?.split('_').next().filter(|member| is_member(member))?;
    Some(format!("{before}{member}{after}"))
}
