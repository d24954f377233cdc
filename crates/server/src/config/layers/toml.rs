//! The TOML file: the names of the settings in lower case, and a table for each realm that sets something itself.

use std::path::Path;

use toml::{Table, Value};

use super::{Layer, Origin, did_you_mean, read_file};
use crate::config::{names, report::Report};

/// The file that is read when none is named.
const USUAL: &str = "portcullis.toml";

/// The layer of the named file, or of the usual one if it is there; with the realms that have tables in it.
pub(super) fn layer(named: Option<&Path>, dir: &Path, report: &mut Report) -> (Option<Layer>, Vec<String>) {
    let path = dir.join(named.unwrap_or_else(|| Path::new(USUAL)));
    let Some(text) = read_file(&path, report) else {
        if named.is_some() && !path.exists() {
            report.problem("--config", format!("{} is not there", path.display()));
        }
        return (None, Vec::new());
    };
    match text.parse::<Table>() {
        Ok(table) => {
            let (layer, realms) = read_table(Layer::new(Origin::File(path)), table, report);
            (Some(layer), realms)
        }
        Err(error) => {
            report.problem(path.display().to_string(), describe(&text, &error));
            (None, Vec::new())
        }
    }
}

fn read_table(mut layer: Layer, table: Table, report: &mut Report) -> (Layer, Vec<String>) {
    let mut realms = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(table) if name == "realms" => realms = read_realms(&layer.origin, table, report),
            value => set(&mut layer, &name, value, report),
        }
    }
    (layer, realms)
}

fn set(layer: &mut Layer, name: &str, value: Value, report: &mut Report) {
    let key =
        if name.contains(|c: char| c.is_ascii_uppercase()) { None } else { names::find(&name.to_ascii_uppercase()) };
    let Some(key) = key else {
        let nearest = names::nearest(name).map(|nearest| nearest.to_ascii_lowercase());
        report.problem(name, format!("in {} is no setting{}", layer.origin, did_you_mean(nearest)));
        return;
    };
    match as_text(value) {
        Some(text) => layer.set(key, text),
        None => {
            report.problem(name, format!("in {} must be a text, a number, a boolean or a list of texts", layer.origin))
        }
    }
}

/// The text that would stand in the environment.
fn as_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(switch) => Some(switch.to_string()),
        Value::Array(items) => items.into_iter().map(as_text).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

/// The realms that have tables. No setting can be a realm's own yet: each key in there is a mistake.
fn read_realms(origin: &Origin, realms: Table, report: &mut Report) -> Vec<String> {
    let mut names = Vec::new();
    for (realm, value) in realms {
        let Value::Table(settings) = value else {
            report.problem(format!("realms.{realm}"), format!("in {origin} must be a table of settings"));
            continue;
        };
        for key in settings.keys() {
            let text = format!("in {origin} cannot be set for one realm: no setting can in this version");
            report.problem(format!("realms.{realm}.{key}"), text);
        }
        names.push(realm);
    }
    names
}

/// The parser's message with its line, without the line's text: a secret may stand in it.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {}", before.matches('\n').count() + 1, error.message()),
        None => error.message().to_owned(),
    }
}
