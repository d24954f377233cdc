//! Settings for administrators: values and their sources, without secrets.

use std::{collections::BTreeMap, fmt};

use portcullis_core::id::RealmName;

use super::{setting::Info, values::Values};

/// A setting, its value and its source.
#[derive(Debug, Clone)]
pub struct ListedSetting {
    pub name: &'static str,
    /// `set` for a secret. `None` if it is not set.
    pub value: Option<String>,
    pub source: String,
    pub default: String,
    pub doc: &'static str,
}

/// Settings of the server, and for each realm the settings that can differ between realms.
#[derive(Clone, Default)]
pub struct Listing {
    pub server: Vec<ListedSetting>,
    pub realms: BTreeMap<RealmName, Vec<ListedSetting>>,
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listing(…)")
    }
}

impl Listing {
    pub(super) fn read(infos: &[&'static Info], values: &Values, realms: &[(RealmName, Values)]) -> Self {
        let of_realm = infos.iter().filter(|info| info.is_per_realm);
        let listed = |values: &Values| of_realm.clone().map(|info| setting(info, values)).collect();
        Self {
            server: infos.iter().map(|info| setting(info, values)).collect(),
            realms: realms.iter().map(|(realm, values)| (realm.clone(), listed(values))).collect(),
        }
    }
}

fn setting(info: &'static Info, values: &Values) -> ListedSetting {
    let (value, source) = values.shown(info);
    let value = (!source.starts_with("not set")).then_some(value);
    let value = if info.is_secret { value.map(|_| "set".to_owned()) } else { value };
    ListedSetting { name: info.name, value, source, default: info.default.to_string(), doc: info.doc }
}
