//! The settings as a page of the documentation.

use std::fmt::Write;

use super::{
    setting::{Fallback, Group, Info},
    table::SETTINGS,
};

/// All settings in Markdown: a heading and a table for each group.
#[must_use]
pub fn settings_markdown() -> String {
    Group::ALL.into_iter().map(group).collect::<Vec<_>>().join("\n")
}

fn group(group: Group) -> String {
    let mut page = format!("## {}\n\n| name | default | meaning |\n|---|---|---|\n", group.title());
    let infos = SETTINGS.iter().map(|setting| setting.info());
    for info in infos.filter(|info| info.group == group) {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", info.name, default(info), meaning(info).replace('|', "\\|"));
    }
    page
}

fn default(info: &Info) -> String {
    match info.default {
        Fallback::Fixed(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

/// The sentence on a setting, with what must be known besides.
pub(crate) fn meaning(info: &Info) -> String {
    let reserved = if info.is_reserved { " Accepted and checked, but without effect in this version." } else { "" };
    format!("{}{reserved}", info.doc)
}
