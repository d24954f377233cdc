//! From a name that was typed to the setting that it means.

use super::suggest::distance;
use super::{setting::Entry, table::SETTINGS};

/// What a known name gives: a setting's value, or the file that holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SettingName {
    pub(super) setting: &'static dyn Entry,
    pub(super) is_file: bool,
}

/// The key of exactly this name (`PORT`, `PORT_FILE`).
pub(super) fn find(name: &str) -> Option<SettingName> {
    let value = with_name(name).map(|setting| SettingName { setting, is_file: false });
    value.or_else(|| {
        let setting = with_name(name.strip_suffix(FILE_SUFFIX)?)?;
        Some(SettingName { setting, is_file: true })
    })
}

/// The known name that is closest to a misspelt one, in upper case, if any is close.
pub(super) fn nearest(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase().replace('-', "_");
    let (stem, suffix) = name.strip_suffix(FILE_SUFFIX).map_or((name.as_str(), ""), |stem| (stem, FILE_SUFFIX));
    let candidates = SETTINGS.iter().map(|setting| setting.info().name);
    let whole = candidates.clone().map(|known| (distance(&name, known), known.to_owned()));
    let by_stem = candidates.map(|known| (distance(stem, known), format!("{known}{suffix}")));
    let (_, known) = whole.chain(by_stem).filter_map(|(distance, known)| Some((distance?, known))).min()?;
    Some(known)
}

/// What makes a setting's value come from a file.
pub(super) const FILE_SUFFIX: &str = "_FILE";

fn with_name(name: &str) -> Option<&'static dyn Entry> {
    SETTINGS.iter().copied().find(|setting| setting.info().name == name)
}
