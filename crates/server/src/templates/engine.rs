//! The template engine: undefined names are errors, and escaping depends on the file extension.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};

use super::{
    catalogue::{self, Template, TemplateKind, templates},
    dashboard, dev,
    issue::{TemplateError, TemplateIssue},
};

pub(super) struct Engine {
    environment: Environment<'static>,
    /// Custom files, by the name of the template that each replaces.
    replaced: BTreeMap<&'static str, PathBuf>,
    /// Stylesheet of the pages.
    stylesheet: Cow<'static, str>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// Loads custom templates. Returns the engine with an issue for each file that cannot be read or has a syntax
    /// error. `colours` are the email colours, which all templates receive. Built-in templates are parsed at their
    /// first use: a start needs few of them, and tests show that all can be parsed.
    pub(super) fn load(dir: Option<&Path>, colours: Value) -> (Self, Vec<TemplateIssue>) {
        let mut environment = Environment::new();
        // A layout may test whether a link is defined. Names that are never defined are found by the check of the
        // sources.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(write_value);
        environment.add_global("colours", colours);
        // `{% extends "layout/base.html" %}` is equivalent to `{% extends "base.html" %}`.
        environment
            .set_path_join_callback(|name, _| catalogue::find(name).map_or(name, |template| template.name).into());
        environment.set_loader(|name| Ok(built_in(name)));
        environment.set_auto_reload(false);
        dashboard::add_filters(&mut environment);
        let mut engine = Self { environment, replaced: BTreeMap::new(), stylesheet: Cow::default() };
        let mut issues = Vec::new();
        for template in templates() {
            if template.kind == TemplateKind::Style {
                engine.stylesheet = template.source.into();
            }
            if let Some(dir) = dir {
                issues.extend(engine.replace(template, dir).err());
            }
        }
        (engine, issues)
    }

    /// Adds the custom file if there is one. If it is broken, the built-in template is used, so that the other
    /// templates can still be checked.
    fn replace(&mut self, template: &'static Template, dir: &Path) -> Result<(), TemplateIssue> {
        for path in [dir.join(template.name), dir.join(template.path())] {
            if let Some(source) = read(&path)? {
                self.replaced.insert(template.name, path);
                return self.take(template, source);
            }
        }
        Ok(())
    }

    fn take(&mut self, template: &'static Template, source: String) -> Result<(), TemplateIssue> {
        if template.kind == TemplateKind::Style {
            self.stylesheet = source.into();
            return Ok(());
        }
        self.environment.add_template_owned(template.name, source).map_err(|error| self.issue(template.name, &error))
    }

    pub(super) fn fill(&self, name: &'static str, values: Value) -> Result<String, TemplateError> {
        let filled = self.environment.get_template(name).and_then(|template| template.render(values));
        filled.map_err(|error| self.issue(name, &error).into())
    }

    /// Returns the names that a template uses but does not set itself, each with its line.
    pub(super) fn names(&self, template: &'static Template) -> BTreeMap<String, Option<usize>> {
        let Ok(loaded) = self.environment.get_template(template.name) else { return BTreeMap::new() };
        let functions: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let mut names = loaded.undeclared_variables(false);
        names.retain(|name| !functions.contains(name.as_str()));
        let line = |name: &str| line_of(loaded.source(), name);
        names.into_iter().map(|name| (line(&name), name)).map(|(line, name)| (name, line)).collect()
    }

    /// Returns the custom file that replaces a template.
    pub(super) fn replacement(&self, name: &str) -> Option<&Path> {
        self.replaced.get(name).map(PathBuf::as_path)
    }

    /// Returns the stylesheet of the pages.
    pub(super) fn stylesheet(&self) -> &str {
        &self.stylesheet
    }

    /// Returns the file to show in issues of a template.
    pub(super) fn file(&self, name: &str) -> String {
        self.replacement(name).map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }

    /// Creates an issue from the innermost error, which contains the location.
    fn issue(&self, name: &str, error: &Error) -> TemplateIssue {
        let mut innermost = error;
        while let Some(cause) = innermost.source().and_then(|cause| cause.downcast_ref::<Error>()) {
            innermost = cause;
        }
        let at = innermost.name().and_then(catalogue::find).map_or(name, |template| template.name);
        let text = match innermost.detail() {
            Some(detail) => format!("{}: {detail}", innermost.kind()),
            None => innermost.kind().to_string(),
        };
        TemplateIssue { file: self.file(at), line: innermost.line(), text }
    }
}

/// Returns the source of a built-in template.
fn built_in(name: &str) -> Option<&'static str> {
    let mut internal = dev::TEMPLATES.into_iter().chain(dashboard::TEMPLATES);
    internal
        .find_map(|(known, source)| (known == name).then_some(source))
        .or_else(|| catalogue::find(name).map(|template| template.source))
}

/// Finds the first line with this word inside a tag, or else the first line with the word, because a tag may span
/// several lines.
fn line_of(source: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has_name = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
    let has_tag = |line: &str| line.contains("{{") || line.contains("{%");
    let mut lines = (1..).zip(source.lines()).filter(|(_, line)| has_name(line));
    let found = lines.clone().find(|(_, line)| has_tag(line)).or_else(|| lines.next());
    found.map(|(number, _)| number)
}

/// Reads a file, without byte order mark and with Unix line endings.
fn read(path: &Path) -> Result<Option<String>, TemplateIssue> {
    match fs::read_to_string(path) {
        Ok(source) => Ok(Some(source.trim_start_matches('\u{feff}').replace("\r\n", "\n"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TemplateIssue {
            file: path.display().to_string(),
            line: None,
            text: format!("cannot be read: {error}"),
        }),
    }
}

/// Formats a value like the engine's default formatter, except that `/` is not escaped. It is harmless, and links
/// remain readable in the source of an email.
fn write_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    match value.as_str() {
        Some(text) if is_html && !value.is_safe() => Ok(write_escaped(out, text)?),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn write_escaped(out: &mut Output<'_>, text: &str) -> fmt::Result {
    use fmt::Write;
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            '\'' => out.write_str("&#39;")?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}
