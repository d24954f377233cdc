//! Environment variables that set a value for one realm: `REALM_<NAME>_<SETTING>`.

use portcullis_core::id::RealmName;

use super::{
    Layer,
    flat::unquoted,
    unknown::{rename, server_wide},
};
use crate::config::{
    fix::Fix,
    names::{Names, SettingName},
    origin::{Origin, REALM_PREFIX, in_variables},
    report::Report,
    suggest,
};

/// A variable whose name starts with `REALM_`. It is matched to a realm once the realms are known.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Interpretation of a variable.
enum Meaning {
    /// A setting of the realm at this index.
    Of(usize, SettingName),
    /// A variable that matches several realms.
    Ambiguous(Vec<String>),
    /// A setting that can only be set server-wide.
    ServerWide(&'static str),
    /// A misspelt name, with the closest known name.
    Misspelt(String),
    /// Not a setting.
    Foreign,
}

/// Adds the variables of one source to the layers of their realms, and reports those that match no setting.
pub(super) fn assign(
    variables: Vec<Variable>,
    realms: &[RealmName],
    names: &Names,
    layers: &mut [Layer],
    report: &mut Report,
) {
    for Variable { name, text, origin } in variables {
        match meaning(&name, realms, names) {
            Meaning::Of(realm, setting) => {
                let is_ambient = origin == Origin::Environment;
                let text = if is_ambient { unquoted(&name, text, report) } else { text };
                if let Some(layer) = layers.get_mut(realm) {
                    layer.set(setting, text, origin);
                }
            }
            Meaning::Ambiguous(realms) => {
                let text = format!("is ambiguous between the realms {}: use tables in TOML", realms.join(" and "));
                let fix = Fix::Do(format!("remove {name}, and write the setting into [realms.NAME] in TOML"));
                report.problem(name, text, fix).at(&origin);
            }
            Meaning::ServerWide(setting) => {
                let fix = Fix::Do(format!("write {setting} instead of {name}"));
                let text = server_wide(setting, names.nearest_per_realm(setting).as_deref());
                report.problem(name, text, fix).at(&origin);
            }
            Meaning::Misspelt(nearest) => {
                let fix = rename(&name, Some(&nearest));
                let text = format!("is not a setting; did you mean `{nearest}`?");
                let is_shared = origin == Origin::Environment;
                let diagnostic = if is_shared { report.warning(name, text) } else { report.problem(name, text, fix) };
                diagnostic.at(&origin);
            }
            Meaning::Foreign => {}
        }
    }
}

fn meaning(variable: &str, realms: &[RealmName], names: &Names) -> Meaning {
    let rest = variable.strip_prefix(REALM_PREFIX).unwrap_or(variable);
    let mut found = Vec::new();
    let (mut server_wide, mut misspelt) = (None, None);
    for (index, realm) in realms.iter().enumerate() {
        let prefix = in_variables(realm);
        let Some(name) = rest.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('_')) else { continue };
        match names.find(name) {
            Some(setting) if setting.setting.info().is_per_realm => found.push((index, setting)),
            Some(setting) => server_wide = Some(setting.setting.info().name),
            None => {
                let nearest = names.nearest_per_realm(name);
                misspelt = misspelt.or(nearest.map(|nearest| format!("{REALM_PREFIX}{prefix}_{nearest}")));
            }
        }
    }
    match (found.as_slice(), server_wide) {
        ([(index, setting)], _) => Meaning::Of(*index, *setting),
        ([], Some(name)) => Meaning::ServerWide(name),
        ([], None) => {
            let nearest = misspelt.or_else(|| misspelt_realm(rest, realms, names)).or_else(|| names.nearest(variable));
            nearest.map_or(Meaning::Foreign, Meaning::Misspelt)
        }
        (several, _) => {
            let realms = several.iter().filter_map(|(index, _)| realms.get(*index));
            Meaning::Ambiguous(realms.map(|realm| format!("`{realm}`")).collect())
        }
    }
}

/// Returns the closest variable if the name ends with a per-realm setting but matches no realm.
fn misspelt_realm(rest: &str, realms: &[RealmName], names: &Names) -> Option<String> {
    let (typed, setting) = rest.match_indices('_').find_map(|(at, _)| {
        let (realm, setting) = (rest.get(..at)?, rest.get(at + 1..)?);
        names.find(setting).filter(|found| found.setting.info().is_per_realm).map(|_| (realm, setting))
    })?;
    let known: Vec<String> = realms.iter().map(in_variables).collect();
    let realm = suggest::nearest(typed, known.iter().map(String::as_str))?;
    Some(format!("{REALM_PREFIX}{realm}_{setting}"))
}
