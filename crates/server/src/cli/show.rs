//! `portcullis config show`

use std::io;

use serde::Serialize;

use super::{
    check::{CheckReport, write_verdict},
    output::{FAINT, HEADING, Output},
};
use crate::config::{Inspection, SECTIONS, Sources, inspect, setting::Info};

/// Writes every setting, its value and where that comes from, then what is wrong; gives the exit code.
///
/// # Errors
/// When `out` takes no more.
pub fn show(sources: Sources, out: &mut Output) -> io::Result<u8> {
    let inspection = inspect(sources);
    if out.is_json() {
        return show_json(&inspection, out);
    }
    for section in SECTIONS {
        out.line(out.paint(HEADING, format_args!("# {}", section.title)))?;
        for info in section.settings.iter().map(|setting| setting.info()) {
            let (value, origin) = inspection.values().shown(info);
            let origin = out.paint(FAINT, format_args!("({origin}{})", remark(info)));
            out.line(format_args!("{:<22} {value:<30} {origin}", info.name))?;
        }
        out.line("")?;
    }
    write_verdict(&inspection, out)
}

const fn remark(info: &Info) -> &'static str {
    if info.is_reserved { "; without effect in this version" } else { "" }
}

/// All of it for scripts.
#[derive(Serialize)]
struct Shown {
    settings: Vec<SettingLine>,
    #[serde(flatten)]
    report: CheckReport,
}

#[derive(Serialize)]
struct SettingLine {
    name: &'static str,
    /// As text, whatever its form; none when it is not set, a mask when it is secret.
    value: Option<String>,
    origin: String,
    is_secret: bool,
    has_effect: bool,
}

fn show_json(inspection: &Inspection, out: &mut Output) -> io::Result<u8> {
    let rows = SECTIONS.iter().flat_map(|section| section.settings).map(|setting| {
        let info = setting.info();
        let (value, origin) = inspection.values().shown(info);
        let value = (!origin.starts_with("not set")).then_some(value);
        SettingLine { name: info.name, value, origin, is_secret: info.is_secret, has_effect: !info.is_reserved }
    });
    let shown = Shown { settings: rows.collect(), report: CheckReport::of(inspection) };
    out.json(&shown)?;
    Ok(shown.report.code())
}
