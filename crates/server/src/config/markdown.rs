//! The settings page of the documentation.

use std::fmt::Write;

use super::{
    sections::{SECTIONS, Section},
    setting::{Fallback, Info},
};

const HEAD: &str = "# Settings

Each setting can be set in four places, the strongest first: command line (`--port 9000`), environment (`PORT=9000`), `.env` in
the working folder (`PORT=9000`), TOML (`port = 9000`). `NAME_FILE` reads the value from a file; use it for secrets. Durations
are `90s`, `30m`, `12h`, `30d`, or a number of seconds. See also [Getting started](getting-started.md#change-a-setting).

A setting that can be set per realm can have another value for one realm: in TOML below `[realms.NAME]`, or as
`REALM_<NAME>_<SETTING>` in the environment or `.env`, such as `REALM_USER1_RESET_TTL=10m`. `<NAME>` is the name of the realm in
upper case, with `-` written as `_`. If two realms then have the same `<NAME>`, use TOML. The value of a realm is stronger than
the server-wide value, wherever that is set. Setting any other setting for a realm is an error.
";

const FOOT: &str = "---
[All pages](README.md) · Next: [Production](production.md)
";

/// Renders all settings in Markdown: a heading and a table for each section.
#[must_use]
pub fn settings_markdown() -> String {
    let groups = SECTIONS.iter().map(group);
    let parts = std::iter::once(HEAD.to_owned()).chain(groups).chain(std::iter::once(FOOT.to_owned()));
    parts.collect::<Vec<_>>().join("\n")
}

fn group(section: &Section) -> String {
    let mut page = format!("## {}\n\n| name | default | meaning |\n|---|---|---|\n", section.title);
    for info in section.settings.iter().map(|setting| setting.info()) {
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

/// Returns the description of a setting, including whether it has an effect and can be set per realm.
pub(crate) fn meaning(info: &Info) -> String {
    let per_realm = if info.is_per_realm { " Can be set per realm." } else { "" };
    format!("{}{per_realm}", info.doc)
}
