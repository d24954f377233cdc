//! What is found wrong on the way, gathered so that all of it can be said at once.

use std::fmt;

use super::{choices::Environment, fix::Fix, layers::Origin, values::Values};

/// Everything that is wrong with the configuration.
#[derive(Debug)]
pub struct ConfigErrors {
    problems: Vec<ConfigProblem>,
    /// Why it counts as production, where nobody said so.
    why_production: Option<String>,
}

/// One thing that is wrong, where it comes from, and what fixes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, or the file or key that is no setting.
    pub name: String,
    /// What is wrong with it.
    pub text: String,
    /// Where what is wrong was said: a file and its line, the environment, the command line, or nowhere.
    pub origin: Option<String>,
    /// The line that fixes it: of a settings file, the environment, the command line or a shell.
    pub fix: Option<String>,
}

/// How grave an insecure setting is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Severity {
    /// Refused in production, not worth a word in development.
    Refused,
    /// Refused in production, warned about in development.
    RefusedElseWarned,
}

/// A problem, as long as not everything is known of it.
#[derive(Debug)]
pub(super) struct Diagnostic {
    name: String,
    text: String,
    beside: Option<&'static str>,
    origin: Option<Origin>,
    fix: Option<Fix>,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    insecure: Vec<(Severity, Diagnostic)>,
}

/// What it comes to.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) problems: Vec<ConfigProblem>,
    pub(super) warnings: Vec<ConfigProblem>,
}

impl Report {
    /// Wrong wherever the server runs.
    pub(super) fn problem(&mut self, name: impl Into<String>, text: impl Into<String>, fix: Fix) -> &mut Diagnostic {
        self.problems.push_mut(Diagnostic::new(name, text, Some(fix)))
    }

    /// Suspicious wherever the server runs.
    pub(super) fn warning(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Diagnostic {
        self.warnings.push_mut(Diagnostic::new(name, text, None))
    }

    /// Insecure: what follows depends on where the server runs.
    pub(super) fn insecure(
        &mut self,
        severity: Severity,
        name: impl Into<String>,
        text: impl Into<String>,
        fix: Fix,
    ) -> &mut Diagnostic {
        let (_, diagnostic) = self.insecure.push_mut((severity, Diagnostic::new(name, text, Some(fix))));
        diagnostic
    }

    /// Turns what is insecure into problems or warnings, and says where each comes from.
    pub(super) fn settle(self, environment: Environment, values: &Values) -> Verdict {
        let Self { mut problems, mut warnings, insecure } = self;
        for (severity, diagnostic) in insecure {
            match (environment, severity) {
                (Environment::Production, _) => {
                    problems.push(Diagnostic {
                        text: format!("{} (refused in production)", diagnostic.text),
                        ..diagnostic
                    });
                }
                (Environment::Development, Severity::RefusedElseWarned) => warnings.push(diagnostic),
                (Environment::Development, Severity::Refused) => {}
            }
        }
        let settled = |diagnostics: Vec<Diagnostic>| {
            diagnostics.into_iter().map(|diagnostic| diagnostic.settle(values)).collect()
        };
        Verdict { problems: settled(problems), warnings: settled(warnings) }
    }
}

impl Diagnostic {
    fn new(name: impl Into<String>, text: impl Into<String>, fix: Option<Fix>) -> Self {
        Self { name: name.into(), text: text.into(), beside: None, origin: None, fix }
    }

    /// Another setting that the same diagnostic is about.
    pub(super) fn beside(&mut self, name: &'static str) {
        self.beside = Some(name);
    }

    /// Where it was said, of what is no setting.
    pub(super) fn at(&mut self, origin: &Origin) {
        self.origin = Some(origin.clone());
    }

    fn settle(self, values: &Values) -> ConfigProblem {
        let said = self.origin.map(|origin| origin.to_string());
        let names = self.name.split(", ").chain(self.beside);
        let origin = said.or_else(|| values.origins(names));
        let fix = self.fix.map(|fix| fix.spelled(values));
        ConfigProblem { name: self.name, text: self.text, origin, fix }
    }
}

impl ConfigProblem {
    /// What there is to say besides, each with its label.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("from:", &self.origin), ("mend:", &self.fix)]
            .into_iter()
            .filter_map(|(label, said)| Some((label, said.as_deref()?)))
    }
}

impl ConfigProblem {
    /// All there is to say, a line for each.
    #[must_use]
    pub fn in_full(&self) -> String {
        let details = self.details().map(|(label, said)| format!("\n      {label} {said}"));
        std::iter::once(self.to_string()).chain(details).collect()
    }
}

impl ConfigErrors {
    pub(super) const fn new(problems: Vec<ConfigProblem>, why_production: Option<String>) -> Self {
        Self { problems, why_production }
    }

    /// What stands below them.
    pub(crate) fn note(&self) -> Option<&str> {
        self.why_production.as_deref()
    }

    /// One by one.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// What stands above them.
    pub(crate) fn heading(&self) -> String {
        let plural = if self.problems.len() == 1 { "problem" } else { "problems" };
        format!("The configuration has {} {plural}:", self.problems.len())
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.text)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.heading())?;
        for (number, problem) in self.problems.iter().enumerate() {
            write!(f, "\n{:4}. {}", number + 1, problem.in_full())?;
        }
        if let Some(note) = self.note() {
            write!(f, "\n{note}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
