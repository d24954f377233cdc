//! `portcullis templates …`

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use portcullis_core::clock::{Clock, Timestamp};
use serde_json::json;

use super::check::write_verdict;
use crate::{
    config::{Looks, Sources, inspect},
    templates::{self, Kind, Look, STYLESHEET, TEMPLATES, TemplateError, Templates, meaning},
};

/// What is to be done with the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatesVerb {
    /// Say what there is.
    List {
        /// For programs.
        is_json: bool,
    },
    /// Judge those of a folder, or of `TEMPLATES_DIR`.
    Check(Option<PathBuf>),
    /// Write the built-in ones into a folder.
    Export(PathBuf),
    /// Write all of them, filled with samples, into a folder.
    Preview(PathBuf),
}

const DIR: &str = "dir";
const JSON: &str = "json";
/// What tells a folder of previews from any other.
const MARK: &str = "<!-- written by `portcullis templates preview` -->\n";

pub(super) fn grammar() -> clap::Command {
    let verb = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    let dir = |help: &'static str| Arg::new(DIR).value_name("DIR").help(help).value_parser(value_parser!(PathBuf));
    let json = Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("As JSON");
    verb("templates", "List, check, export or preview the templates of mails and pages")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "Each template, what it is for, and its variables").arg(json))
        .subcommand(
            verb("check", "Say everything that is wrong with the templates; exit code 1 if anything is")
                .arg(dir("Check the templates of this folder [default: TEMPLATES_DIR]")),
        )
        .subcommand(
            verb("export", "Write the built-in templates into a folder, to begin from; nothing is overwritten")
                .arg(dir("The folder; it is made if it is not there").required(true)),
        )
        .subcommand(
            verb("preview", "Write every mail and page, filled with samples, into a folder with an index.html")
                .arg(dir("An empty folder, or one with an earlier preview").required(true)),
        )
}

pub(super) fn verb(matches: &ArgMatches) -> TemplatesVerb {
    let dir = |given: &ArgMatches| given.get_one::<PathBuf>(DIR).cloned();
    match matches.subcommand() {
        Some(("check", given)) => TemplatesVerb::Check(dir(given)),
        Some(("export", given)) => TemplatesVerb::Export(dir(given).unwrap_or_default()),
        Some(("preview", given)) => TemplatesVerb::Preview(dir(given).unwrap_or_default()),
        given => TemplatesVerb::List { is_json: given.is_some_and(|(_, given)| given.get_flag(JSON)) },
    }
}

/// Does one of the verbs; gives the exit code.
///
/// # Errors
/// When something cannot be written.
pub fn templates(verb: &TemplatesVerb, sources: Sources, clock: &dyn Clock, out: &mut dyn Write) -> io::Result<u8> {
    let folder = sources.dir.clone();
    let inspection = inspect(sources);
    let Some(Looks { dir, look }) = inspection.looks() else { return write_verdict(&inspection, out) };
    match verb {
        TemplatesVerb::List { is_json } => or_faults(Templates::load(dir.as_deref(), look), out, |templates, out| {
            if *is_json { list_json(&templates, out) } else { list(&templates, out) }
        }),
        TemplatesVerb::Check(given) => {
            let dir = given.as_ref().map(|given| folder.join(given)).or(dir);
            or_faults(Templates::check(dir.as_deref(), look), out, |templates, out| {
                praise(&templates, dir.as_deref(), out)
            })
        }
        TemplatesVerb::Export(dir) => {
            let count = templates::export(&folder.join(dir))?;
            writeln!(out, "Wrote {count} templates to {}. Remove those that are to stay as they are.", dir.display())?;
            Ok(0)
        }
        TemplatesVerb::Preview(to) => {
            // Found beside the pages, wherever the folder lies.
            let look = Look { root: ".".to_owned(), ..look };
            or_faults(Templates::load(dir.as_deref(), look), out, |templates, out| {
                preview(&templates, &folder.join(to), clock.now())?;
                writeln!(out, "Open {} in a browser.", to.join("index.html").display())
            })
        }
    }
}

/// Goes on with what is good, or says what is wrong.
fn or_faults<T>(
    judged: Result<T, TemplateError>,
    out: &mut dyn Write,
    go_on: impl FnOnce(T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<u8> {
    match judged {
        Ok(good) => go_on(good, out).map(|()| 0),
        Err(error) => writeln!(out, "{error}").map(|()| 1),
    }
}

fn praise(templates: &Templates, dir: Option<&Path>, out: &mut dyn Write) -> io::Result<()> {
    let replaced = TEMPLATES.iter().filter(|template| templates.is_replaced(template.name)).count();
    let whence = dir.map_or_else(String::new, |dir| format!(", {replaced} of them from {}", dir.display()));
    writeln!(out, "All {} templates are good{whence}.", TEMPLATES.len())
}

fn list(templates: &Templates, out: &mut dyn Write) -> io::Result<()> {
    for kind in Kind::ALL {
        writeln!(out, "# {}", kind.title())?;
        for template in TEMPLATES.iter().filter(|template| template.kind == kind) {
            let replaced = if templates.is_replaced(template.name) { " (replaced)" } else { "" };
            writeln!(out, "{}{replaced}\n    {}", template.name, template.purpose)?;
            let names: Vec<String> = templates.variables(template).into_iter().collect();
            if !names.is_empty() {
                writeln!(out, "    {}", names.join(", "))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn list_json(templates: &Templates, out: &mut dyn Write) -> io::Result<()> {
    let entries = TEMPLATES.iter().map(|template| {
        let names = templates.variables(template).into_iter();
        let variables: Vec<_> = names.map(|name| json!({ "meaning": meaning(&name), "name": name })).collect();
        json!({
            "name": template.name,
            "kind": template.kind.as_str(),
            "purpose": template.purpose,
            "is_replaced": templates.is_replaced(template.name),
            "variables": variables,
        })
    });
    let entries: Vec<_> = entries.collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

fn preview(templates: &Templates, dir: &Path, now: Timestamp) -> io::Result<()> {
    is_free(dir)?;
    let assets = dir.join("assets");
    fs::create_dir_all(&assets)?;
    fs::write(assets.join("portcullis.css"), STYLESHEET)?;
    if let Some(brand) = templates.brand() {
        fs::write(assets.join("brand.css"), brand)?;
    }
    let previews = templates.previews(now).map_err(io::Error::other)?;
    for preview in &previews {
        if !preview.file.is_empty() {
            fs::write(dir.join(&preview.file), &preview.html)?;
        }
        if !preview.text_file.is_empty() {
            fs::write(dir.join(&preview.text_file), preview.plain())?;
        }
    }
    let gallery = templates.gallery(&previews, "", now).map_err(io::Error::other)?;
    fs::write(dir.join("index.html"), gallery + "\n" + MARK)
}

/// Whether nothing but an earlier preview is overwritten. The files have the names of templates, so that it could be those.
fn is_free(dir: &Path) -> io::Result<()> {
    let is_empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
    };
    let is_preview = || fs::read_to_string(dir.join("index.html")).is_ok_and(|page| page.ends_with(MARK));
    if is_empty || is_preview() {
        return Ok(());
    }
    let text = format!("{} holds something else than an earlier preview; nothing was written", dir.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
}
