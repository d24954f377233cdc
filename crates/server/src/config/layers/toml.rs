//! The TOML file: the names of the settings in lower case, and a table for each realm that sets something itself.

use std::path::{Path, PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Layer,
    layer::read_file,
    unknown::{did_you_mean, rename},
};
use crate::config::{
    fix::Fix,
    names::Names,
    origin::{Line, Origin},
    report::Report,
};

/// The file that is read when none is named.
const USUAL: &str = "portcullis.toml";

/// The file, to tell the line of what stands in it.
struct File<'a> {
    path: PathBuf,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, start: usize) -> usize {
        self.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn at<T>(&self, what: &Spanned<T>) -> Origin {
        Origin::Toml(Line { file: self.path.clone(), number: self.line(what.span().start) })
    }
}

/// The layer of the named file, or of the usual one if it is there; with the realms that have tables in it.
pub(super) fn layer(
    named: Option<&Path>,
    dir: &Path,
    names: &Names,
    report: &mut Report,
) -> (Option<Layer>, Vec<(String, Origin)>) {
    let path = dir.join(named.unwrap_or_else(|| Path::new(USUAL)));
    let Some(text) = read_file(&path, report) else {
        if named.is_some() && !path.exists() {
            let text = format!("{} is not there", path.display());
            let fix = Fix::Do(format!("name a file that is, or leave --config out: {USUAL} is read without it"));
            report.problem("--config", text, fix).at(&Origin::CommandLine);
        }
        return (None, Vec::new());
    };
    let file = File { path, text: &text };
    match DeTable::parse(&text) {
        Ok(table) => {
            let (layer, realms) = read_table(&file, table.into_inner(), names, report);
            (Some(layer), realms)
        }
        Err(error) => {
            // Without the line's text: a secret may stand in it.
            let line = error.span().map_or(1, |span| file.line(span.start));
            let text = format!("line {line}: {}", error.message());
            let fix = Fix::Do(format!("write name = \"value\" in line {line}"));
            report.problem(file.path.display().to_string(), text, fix);
            (None, Vec::new())
        }
    }
}

fn read_table(
    file: &File<'_>,
    table: DeTable<'_>,
    names: &Names,
    report: &mut Report,
) -> (Layer, Vec<(String, Origin)>) {
    let (mut layer, mut realms) = (Layer::default(), Vec::new());
    for (name, value) in table {
        let origin = file.at(&name);
        match value.into_inner() {
            DeValue::Table(table) if name.as_ref() == "realms" => realms = read_realms(file, table, report),
            value => set(&mut layer, names, name.as_ref(), (value, origin), report),
        }
    }
    (layer, realms)
}

fn set(layer: &mut Layer, names: &Names, name: &str, (value, origin): (DeValue<'_>, Origin), report: &mut Report) {
    let key =
        if name.contains(|c: char| c.is_ascii_uppercase()) { None } else { names.find(&name.to_ascii_uppercase()) };
    let Some(key) = key else {
        let nearest = names.nearest(name).map(|nearest| nearest.to_ascii_lowercase());
        let text = format!("in TOML is no setting{}", did_you_mean(nearest.as_deref()));
        report.problem(name, text, rename(name, nearest.as_deref())).at(&origin);
        return;
    };
    match as_text(value) {
        Some(text) => layer.set(key, text, origin),
        None => {
            let text = "must be a text, a number, a boolean or a list of texts";
            report.problem(name, text, Fix::Do(format!("write {name} = \"value\""))).at(&origin);
        }
    }
}

/// The text that would stand in the environment.
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

/// The realms that have tables. No setting can be a realm's own yet: each key in there is a mistake.
fn read_realms(file: &File<'_>, realms: DeTable<'_>, report: &mut Report) -> Vec<(String, Origin)> {
    let mut names = Vec::new();
    for (realm, value) in realms {
        let origin = file.at(&realm);
        let realm = realm.into_inner().into_owned();
        let DeValue::Table(settings) = value.into_inner() else {
            let fix = Fix::Do(format!("write [realms.{realm}]"));
            report.problem(format!("realms.{realm}"), "must be a table of settings", fix).at(&origin);
            continue;
        };
        for key in settings.keys() {
            let (name, at) = (key.as_ref(), file.at(key));
            let fix = Fix::Do(format!("take {name} out of [realms.{realm}]"));
            let text = "cannot be set for one realm: no setting can in this version";
            report.problem(format!("realms.{realm}.{name}"), text, fix).at(&at);
        }
        names.push((realm, origin));
    }
    names
}
