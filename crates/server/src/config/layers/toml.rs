//! The TOML file: setting names in lower case, and a table for each realm with its own settings.

use std::path::{Path, PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Layer, clients,
    layer::read_file,
    unknown::{did_you_mean, rename, server_wide},
};
use crate::config::{
    clients::ClientTable,
    fix::Fix,
    names::{Names, SettingName},
    origin::{Line, Origin},
    report::{Diagnostic, Report},
};

/// Default path of the file.
const USUAL: &str = "portcullis.toml";

/// The file. Maps values to line numbers.
pub(super) struct File<'a> {
    path: PathBuf,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, start: usize) -> usize {
        self.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    pub(super) fn at<T>(&self, what: &Spanned<T>) -> Origin {
        Origin::Toml(Line { file: self.path.clone(), number: self.line(what.span().start) })
    }
}

/// A realm's `[realms.NAME]` table.
pub(super) struct RealmTable {
    pub(super) realm: String,
    pub(super) origin: Origin,
    pub(super) layer: Layer,
    pub(super) clients: Vec<ClientTable>,
}

/// Reads the given file, or the default one if it exists.
pub(super) fn layer(named: Option<&Path>, dir: &Path, names: &Names, report: &mut Report) -> (Layer, Vec<RealmTable>) {
    let path = dir.join(named.unwrap_or_else(|| Path::new(USUAL)));
    let Some(text) = read_file(&path, report) else {
        if named.is_some() && !path.exists() {
            let text = format!("{} does not exist", path.display());
            let fix = Fix::Do(format!("set the path of an existing file, or remove --config to read {USUAL}"));
            report.problem("--config", text, fix).at(&Origin::CommandLine);
        }
        return Default::default();
    };
    let file = File { path, text: &text };
    match DeTable::parse(&text) {
        Ok(table) => read_table(&file, table.into_inner(), names, report),
        Err(error) => {
            // The line itself is not shown, because it may contain a secret.
            let line = error.span().map_or(1, |span| file.line(span.start));
            let text = format!("line {line}: {}", error.message());
            let fix = Fix::Do(format!("write name = \"value\" in line {line}"));
            report.problem(file.path.display().to_string(), text, fix);
            Default::default()
        }
    }
}

fn read_table(file: &File<'_>, table: DeTable<'_>, names: &Names, report: &mut Report) -> (Layer, Vec<RealmTable>) {
    let (mut layer, mut realms) = (Layer::default(), Vec::new());
    for (name, value) in table {
        let origin = file.at(&name);
        match value.into_inner() {
            DeValue::Table(table) if name.as_ref() == "realms" => realms = read_realms(file, table, names, report),
            value => {
                let name: &str = name.as_ref();
                match find(name, names) {
                    Some(setting) => set(&mut layer, setting, name, (value, origin), report),
                    None => {
                        let nearest = names.nearest(name).map(|nearest| nearest.to_ascii_lowercase());
                        let text = format!("is not a setting{}", did_you_mean(nearest.as_deref()));
                        report.problem(name, text, rename(name, nearest.as_deref())).at(&origin);
                    }
                }
            }
        }
    }
    (layer, realms)
}

/// Finds a setting by its lower-case name.
fn find(name: &str, names: &Names) -> Option<SettingName> {
    let is_lower = !name.contains(|c: char| c.is_ascii_uppercase());
    is_lower.then(|| names.find(&name.to_ascii_uppercase()))?
}

fn set(
    layer: &mut Layer,
    setting: SettingName,
    full_name: &str,
    (value, origin): (DeValue<'_>, Origin),
    report: &mut Report,
) {
    match as_text(value) {
        Some(text) => layer.set(setting, text, origin),
        None => {
            let text = "must be a string, a number, a boolean or a list of strings";
            report.problem(full_name, text, Fix::Do(format!("write {full_name} = \"value\""))).at(&origin);
        }
    }
}

/// Converts a value to its form in the environment.
fn as_text(value: DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.into_owned()),
        DeValue::Integer(number) => Some(i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Array(items) => {
            let texts = items.into_iter().map(|item| as_text(item.into_inner())).collect::<Option<Vec<_>>>();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn read_realms(file: &File<'_>, realms: DeTable<'_>, names: &Names, report: &mut Report) -> Vec<RealmTable> {
    let mut tables = Vec::new();
    for (realm, value) in realms {
        let origin = file.at(&realm);
        let realm = realm.into_inner().into_owned();
        let DeValue::Table(settings) = value.into_inner() else {
            let fix = Fix::Do(format!("write [realms.{realm}]"));
            report.problem(format!("realms.{realm}"), "must be a table of settings", fix).at(&origin);
            continue;
        };
        let (mut layer, mut clients) = (Layer::default(), Vec::new());
        for (name, value) in settings {
            let at = file.at(&name);
            if name.as_ref() == "clients" {
                clients = clients::read(file, &realm, (value.into_inner(), &at), report);
                continue;
            }
            let full_name = format!("realms.{realm}.{}", name.as_ref());
            match find(name.as_ref(), names) {
                Some(setting) if setting.setting.info().is_per_realm => {
                    set(&mut layer, setting, &full_name, (value.into_inner(), at), report);
                }
                found => report_not_of_a_realm(&realm, name.as_ref(), found.is_some(), names, report).at(&at),
            }
        }
        tables.push(RealmTable { realm, origin, layer, clients });
    }
    tables
}

/// Reports a name in a realm's table that is unknown or can only be set server-wide.
fn report_not_of_a_realm<'r>(
    realm: &str,
    name: &str,
    is_server_wide: bool,
    names: &Names,
    report: &'r mut Report,
) -> &'r mut Diagnostic {
    let nearest = names.nearest_per_realm(name).map(|nearest| nearest.to_ascii_lowercase());
    let nearest = nearest.as_deref();
    let (text, fix) = if is_server_wide {
        let fix = Fix::Do(format!("move {name} from [realms.{realm}] to the top of the file"));
        (server_wide(name, nearest), fix)
    } else {
        (format!("is not a setting of a realm{}", did_you_mean(nearest)), rename(name, nearest))
    };
    report.problem(format!("realms.{realm}.{name}"), text, fix)
}
