//! `portcullis config show`

use std::io::{self, Write};

use super::check::write_verdict;
use crate::config::{
    Sources, inspect,
    setting::{Group, Info},
    table::SETTINGS,
};

/// Writes every setting, its value and where that comes from, then what is wrong; gives the exit code.
///
/// # Errors
/// When `out` takes no more.
pub fn show(sources: Sources, out: &mut dyn Write) -> io::Result<u8> {
    let inspection = inspect(sources);
    for group in Group::ALL {
        writeln!(out, "# {}", group.title())?;
        let infos = SETTINGS.iter().map(|setting| setting.info());
        for info in infos.filter(|info| info.group == group) {
            let (value, origin) = inspection.values().shown(info);
            writeln!(out, "{:<22} {value:<30} ({origin}{})", info.name, remark(info))?;
        }
        writeln!(out)?;
    }
    write_verdict(&inspection, out)
}

const fn remark(info: &Info) -> &'static str {
    if info.is_reserved { "; without effect in this version" } else { "" }
}
