//! The template engine, set up once: strict about names, escaping by the file's ending.

use std::{fmt, fs, io, path::Path};

use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};

use super::builtin::TEMPLATES;

pub(super) struct Engine(Environment<'static>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The operator's file cannot be read.
    #[error("template {name} cannot be read")]
    Unreadable {
        /// Which.
        name: &'static str,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Not in the syntax, or naming what nothing defines.
    #[error("template {name} cannot be filled: {cause:#}")]
    Faulty {
        /// Which.
        name: &'static str,
        /// Why, with the line.
        cause: Error,
    },
    /// What goes out by other ways has no files of a mail.
    #[error("this message is no mail")]
    NotAMail,
    /// A mail without a subject.
    #[error("template {name} must begin with a line `Subject: …` and an empty line")]
    NoSubject {
        /// Which.
        name: &'static str,
    },
}

impl Engine {
    pub(super) fn load(dir: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(write_value);
        for &(name, built_in) in TEMPLATES {
            let source = match dir {
                Some(dir) => replacement(dir, name)?.unwrap_or_else(|| built_in.to_owned()),
                None => built_in.to_owned(),
            };
            let added = environment.add_template_owned(name, source);
            added.map_err(|cause| TemplateError::Faulty { name, cause })?;
        }
        Ok(Self(environment))
    }

    pub(super) fn fill(&self, name: &'static str, values: Value) -> Result<String, TemplateError> {
        let filled = self.0.get_template(name).and_then(|template| template.render(values));
        filled.map_err(|cause| TemplateError::Faulty { name, cause })
    }
}

fn replacement(dir: &Path, name: &'static str) -> Result<Option<String>, TemplateError> {
    match fs::read_to_string(dir.join(name)) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(TemplateError::Unreadable { name, cause }),
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
