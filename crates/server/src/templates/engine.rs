//! The template engine, set up once: strict about names, escaping by the file's ending.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};

use super::{
    catalogue::{self, Kind, TEMPLATES, Template},
    dev,
    issue::{Fault, TemplateError},
};

pub(super) struct Engine {
    environment: Environment<'static>,
    /// The operator's files, by the templates that they replace.
    replaced: BTreeMap<&'static str, PathBuf>,
    /// What the pages are dressed in.
    stylesheet: Cow<'static, str>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// All templates, and what cannot be read or is not in the syntax.
    pub(super) fn load(dir: Option<&Path>) -> (Self, Vec<Fault>) {
        let mut environment = Environment::new();
        // A layout may ask whether there is a link; names that are never there are found in the sources.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(write_value);
        let mut engine = Self { environment, replaced: BTreeMap::new(), stylesheet: Cow::default() };
        let mut faults = Vec::new();
        for (name, source) in dev::TEMPLATES {
            faults.extend(engine.compile(name, source.into()).err());
        }
        for template in TEMPLATES {
            faults.extend(engine.add(template, dir).err());
        }
        (engine, faults)
    }

    /// Where an operator's file is no good, the built-in one stands in, so that the rest can be tried.
    fn add(&mut self, template: &'static Template, dir: Option<&Path>) -> Result<(), Fault> {
        let replaced = self.replace(template, dir);
        if !matches!(replaced, Ok(true)) {
            self.take(template, template.source.into())?;
        }
        replaced.map(|_| ())
    }

    /// Whether the operator has such a file.
    fn replace(&mut self, template: &'static Template, dir: Option<&Path>) -> Result<bool, Fault> {
        let Some(path) = dir.map(|dir| dir.join(template.name)) else { return Ok(false) };
        let Some(source) = read(&path)? else { return Ok(false) };
        self.replaced.insert(template.name, path);
        self.take(template, source.into()).map(|()| true)
    }

    fn take(&mut self, template: &'static Template, source: Cow<'static, str>) -> Result<(), Fault> {
        if template.kind == Kind::Style {
            self.stylesheet = source;
            return Ok(());
        }
        self.compile(template.name, source)
    }

    fn compile(&mut self, name: &'static str, source: Cow<'static, str>) -> Result<(), Fault> {
        self.environment.add_template_owned(name, source).map_err(|error| self.fault(name, &error))
    }

    pub(super) fn fill(&self, name: &'static str, values: Value) -> Result<String, TemplateError> {
        let filled = self.environment.get_template(name).and_then(|template| template.render(values));
        filled.map_err(|error| self.fault(name, &error).into())
    }

    /// The names that a template asks for, with the line of each; those that it sets itself are not among them.
    pub(super) fn names(&self, template: &'static Template) -> BTreeMap<String, Option<usize>> {
        let Ok(loaded) = self.environment.get_template(template.name) else { return BTreeMap::new() };
        let functions: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let mut names = loaded.undeclared_variables(false);
        names.retain(|name| !functions.contains(name.as_str()));
        let line = |name: &str| line_of(loaded.source(), name);
        names.into_iter().map(|name| (line(&name), name)).map(|(line, name)| (name, line)).collect()
    }

    /// The operator's file that stands for a template.
    pub(super) fn replacement(&self, name: &str) -> Option<&Path> {
        self.replaced.get(name).map(PathBuf::as_path)
    }

    /// What the pages are dressed in.
    pub(super) fn stylesheet(&self) -> &str {
        &self.stylesheet
    }

    /// What to call a template when something is wrong with it.
    pub(super) fn file(&self, name: &str) -> String {
        self.replacement(name).map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }

    /// The innermost error knows where it happened.
    fn fault(&self, name: &str, error: &Error) -> Fault {
        let mut innermost = error;
        while let Some(cause) = innermost.source().and_then(|cause| cause.downcast_ref::<Error>()) {
            innermost = cause;
        }
        let at = innermost.name().and_then(catalogue::find).map_or(name, |template| template.name);
        let text = match innermost.detail() {
            Some(detail) => format!("{}: {detail}", innermost.kind()),
            None => innermost.kind().to_string(),
        };
        Fault { file: self.file(at), line: innermost.line(), text }
    }
}

/// The first line with this word in a tag, else the first with it at all: a tag may go over several lines.
fn line_of(source: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has_name = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
    let has_tag = |line: &str| line.contains("{{") || line.contains("{%");
    let mut lines = (1..).zip(source.lines()).filter(|(_, line)| has_name(line));
    let found = lines.clone().find(|(_, line)| has_tag(line)).or_else(|| lines.next());
    found.map(|(number, _)| number)
}

/// As it would have been written on Unix.
fn read(path: &Path) -> Result<Option<String>, Fault> {
    match fs::read_to_string(path) {
        Ok(source) => Ok(Some(source.trim_start_matches('\u{feff}').replace("\r\n", "\n"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Fault { file: path.display().to_string(), line: None, text: format!("cannot be read: {error}") })
        }
    }
}

/// As the engine's own, but `/` stays: it is harmless, and a link in the source of a mail should read as one.
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
