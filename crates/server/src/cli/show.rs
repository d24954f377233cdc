//! `portcullis config show`

use std::io;

use portcullis_core::id::RealmName;
use serde::Serialize;

use super::{
    check::{CheckReport, checked, write_verdict},
    output::{FAINT, HEADING, Output},
};
use crate::config::{Inspection, SECTIONS, Sources, Values, setting::Info};

/// Prints every setting with its value and source, followed by the configuration problems. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn show(sources: Sources, out: &mut Output) -> io::Result<u8> {
    let inspection = checked(sources);
    if out.is_json() {
        return show_json(&inspection, out);
    }
    for section in SECTIONS {
        out.line(out.paint(HEADING, format_args!("# {}", section.title)))?;
        for info in section.shown(inspection.values()) {
            let (value, origin) = inspection.values().shown(info);
            let origin = out.paint(FAINT, format_args!("({origin})"));
            out.line(format_args!("{:<22} {value:<30} {origin}", info.name))?;
        }
        out.line("")?;
    }
    for (realm, values) in inspection.realm_values() {
        show_realm(realm, values, out)?;
    }
    write_verdict(&inspection, out)
}

/// Prints the settings that are overridden in a realm.
fn show_realm(realm: &RealmName, values: &Values, out: &mut Output) -> io::Result<()> {
    let mut own = own_settings(values).peekable();
    if own.peek().is_none() {
        return Ok(());
    }
    out.line(out.paint(HEADING, format_args!("# Realm {realm}")))?;
    for info in own {
        let (value, origin) = values.shown(info);
        let origin = out.paint(FAINT, format_args!("({origin})"));
        out.line(format_args!("{:<22} {value:<30} {origin}", info.name))?;
    }
    out.line("")
}

fn own_settings(values: &Values) -> impl Iterator<Item = &'static Info> {
    let infos = SECTIONS.iter().flat_map(|section| section.shown(values));
    infos.filter(|info| values.is_own(info.name))
}

/// Result of the command, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    settings: Vec<SettingLine>,
    realms: Vec<RealmLines<'a>>,
    #[serde(flatten)]
    report: CheckReport,
}

/// Settings that are overridden in a realm.
#[derive(Serialize)]
struct RealmLines<'a> {
    name: &'a str,
    settings: Vec<SettingLine>,
}

#[derive(Serialize)]
struct SettingLine {
    name: &'static str,
    /// Value as text. Absent if not set, masked if secret.
    value: Option<String>,
    origin: String,
    is_secret: bool,
}

impl SettingLine {
    fn of(info: &Info, values: &Values) -> Self {
        let (value, origin) = values.shown(info);
        let value = (!origin.starts_with("not set")).then_some(value);
        Self { name: info.name, value, origin, is_secret: info.is_secret }
    }
}

fn show_json(inspection: &Inspection, out: &mut Output) -> io::Result<u8> {
    let infos = SECTIONS.iter().flat_map(|section| section.shown(inspection.values()));
    let settings = infos.map(|info| SettingLine::of(info, inspection.values())).collect();
    let realms = inspection.realm_values().map(|(realm, values)| RealmLines {
        name: realm.as_str(),
        settings: own_settings(values).map(|info| SettingLine::of(info, values)).collect(),
    });
    let shown = Shown { settings, realms: realms.collect(), report: CheckReport::of(inspection) };
    out.json(&shown)?;
    Ok(shown.report.code())
}
