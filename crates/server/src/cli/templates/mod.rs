//! `portcullis templates …`

mod check;
mod export;
mod list;
mod preview;

use std::{io, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use portcullis_core::clock::Clock;

use super::{check::tell_verdict, help, json_flag, output::Output};
use crate::{
    config::{self, Branding, Sources, inspect},
    templates::Templates,
};

/// A template command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatesVerb {
    /// List the templates.
    List,
    /// Check the templates of a folder, or of `TEMPLATES_DIR`.
    Check(Option<PathBuf>),
    /// Write the built-in templates into a folder.
    Export {
        to: PathBuf,
        /// Whether to overwrite existing files.
        force: bool,
    },
    /// Render all templates with sample data into a folder.
    Preview(PathBuf),
}

const DIR: &str = "dir";
const FORCE: &str = "force";

pub(super) fn grammar() -> clap::Command {
    let verb = |name: &'static str, about: &'static str, examples: &'static str| {
        clap::Command::new(name).about(about).after_help(examples)
    };
    let dir = |help: &'static str| Arg::new(DIR).value_name("DIR").help(help).value_parser(value_parser!(PathBuf));
    let force = Arg::new(FORCE).long(FORCE).action(ArgAction::SetTrue).help("Overwrite existing files");
    let about = "List, check, export or preview the templates of emails and pages";
    verb("templates", about, help::TEMPLATES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            verb("list", "List the templates, their purposes and their variables", help::TEMPLATES_LIST)
                .arg(json_flag()),
        )
        .subcommand(
            verb("check", "Report all problems of the templates", help::TEMPLATES_CHECK)
                .arg(dir("Check the templates of this folder [default: TEMPLATES_DIR]"))
                .arg(json_flag()),
        )
        .subcommand(
            verb(
                "export",
                "Write the built-in templates into a folder, as a starting point for your own",
                help::TEMPLATES_EXPORT,
            )
            .arg(dir("The folder; it is created if needed").required(true))
            .arg(force),
        )
        .subcommand(
            verb("preview", "Render every email and page with sample data, and list its variables", help::PREVIEW)
                .arg(dir("An empty folder, or one with an earlier preview").default_value("templates-preview")),
        )
}

pub(super) fn verb(matches: &ArgMatches) -> TemplatesVerb {
    let dir = |given: &ArgMatches| given.get_one::<PathBuf>(DIR).cloned();
    match matches.subcommand() {
        Some(("check", given)) => TemplatesVerb::Check(dir(given)),
        Some(("export", given)) => {
            TemplatesVerb::Export { to: dir(given).unwrap_or_default(), force: given.get_flag(FORCE) }
        }
        Some(("preview", given)) => TemplatesVerb::Preview(dir(given).unwrap_or_default()),
        _ => TemplatesVerb::List,
    }
}

/// Runs one of the commands. Returns the exit code.
///
/// # Errors
/// Returns an error if a file cannot be read or written.
pub fn templates(verb: &TemplatesVerb, sources: Sources, clock: &dyn Clock, out: &mut Output) -> io::Result<u8> {
    let here = sources.dir.clone();
    let inspection = inspect(sources);
    let Some(config::Templates { dir, branding, .. }) = inspection.templates() else {
        return tell_verdict(&inspection, out);
    };
    let load = |branding: Branding| Templates::load(dir.as_deref(), branding).map_err(io::Error::other);
    match verb {
        TemplatesVerb::List => list::list(&load(branding)?, out),
        TemplatesVerb::Check(given) => {
            let dir = given.as_ref().map(|given| here.join(given)).or(dir);
            check::check(dir.as_deref(), branding, out)
        }
        TemplatesVerb::Export { to, force } => export::export(&here, to, *force, out),
        TemplatesVerb::Preview(to) => {
            preview::write(&load(branding)?, &here.join(to), clock.now())?;
            out.line(format_args!("Open {} in a browser.", to.join("index.html").display()))?;
            Ok(0)
        }
    }
}
