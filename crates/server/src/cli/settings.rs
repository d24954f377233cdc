//! Command-line flags for the settings.

use clap::{Arg, ArgMatches};

use crate::config::{
    SECTIONS, Section, meaning,
    setting::{Fallback, Info},
};

/// Returns the settings with flags: all except families, whose names the operator chooses.
fn flagged(section: &'static Section) -> impl Iterator<Item = &'static Info> {
    section.settings.iter().map(|setting| setting.info()).filter(|info| info.family().is_none())
}

/// Returns two flags per setting: one for its value and one for a file that contains it. The help shows only the
/// first. For secrets it shows only the second, because other users of the machine can read command lines.
pub(super) fn flags() -> impl Iterator<Item = Arg> {
    SECTIONS.iter().flat_map(|section| {
        flagged(section)
            .flat_map(|info| [value_flag(info), file_flag(info)].map(|flag| flag.help_heading(section.title)))
    })
}

/// Returns the given settings by name.
pub(super) fn given(matches: &ArgMatches) -> Vec<(String, String)> {
    let names = SECTIONS.iter().flat_map(flagged).flat_map(|info| {
        let name = info.name;
        [name.to_owned(), format!("{name}_FILE")]
    });
    names
        .filter_map(|name| Some((matches.get_one::<String>(&name)?.clone(), name)))
        .map(|(text, name)| (name, text))
        .collect()
}

fn value_flag(info: &Info) -> Arg {
    flag(info, info.name.to_owned()).value_name(info.placeholder).hide(info.is_secret)
}

fn file_flag(info: &Info) -> Arg {
    flag(info, format!("{}_FILE", info.name)).value_name("FILE").hide(!info.is_secret)
}

fn flag(info: &Info, name: String) -> Arg {
    let long = name.to_ascii_lowercase().replace('_', "-");
    Arg::new(name).long(long).help(describe(info)).hide_short_help(true).global(true)
}

fn describe(info: &Info) -> String {
    let default = match info.default {
        Fallback::Nothing => String::new(),
        default => format!(" [default: {default}]"),
    };
    format!("{}{default}", meaning(info)).replace('`', "")
}
