//! What is wrong with the settings, collected so that everything is reported at once.

use std::fmt;

use super::{
    fix::Fix,
    origin::{Origin, Source},
    setting::Fallback,
};

/// Everything that is wrong with the configuration.
#[derive(Debug)]
pub struct ConfigErrors {
    problems: Vec<ConfigProblem>,
    /// Why it counts as production, where `ENVIRONMENT` is not set.
    why_production: Option<String>,
}

/// One thing that is wrong, where it was set, and what fixes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting or settings, or the file or key that is no setting.
    pub name: String,
    /// What is wrong with it.
    pub text: String,
    /// Where it was set: a file and its line, the environment, the command line, or the default.
    pub origin: Option<String>,
    /// The line that fixes it: of a settings file, the environment, the command line or a shell.
    pub fix: Option<String>,
}

/// How severe an insecure setting is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Severity {
    /// Refused in production, ignored in development.
    Refused,
    /// Refused in production, warned about in development.
    RefusedElseWarned,
}

/// Names that a diagnostic is about: of settings, or of a file or key that is no setting.
#[derive(Debug)]
pub(super) struct Subject(Vec<String>);

/// A problem or warning, before its origin and its fix are written out.
#[derive(Debug)]
pub(super) struct Diagnostic {
    subject: Subject,
    text: String,
    related: Option<&'static str>,
    origin: Option<Origin>,
    fix: Option<Fix>,
}

/// Collects diagnostics.
#[derive(Debug, Default)]
pub(super) struct Report {
    problems: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    insecure: Vec<(Severity, Diagnostic)>,
}

/// The result of a report.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) problems: Vec<ConfigProblem>,
    pub(super) warnings: Vec<ConfigProblem>,
}

/// Where the value of a setting comes from.
#[derive(Debug)]
pub(super) struct Provenance<'a> {
    /// None where the setting has no value but its default.
    pub(super) source: Option<&'a Source>,
    pub(super) default: Fallback,
}

/// Finds the provenance of a setting by its name, with or without `_FILE`; none for other names.
pub(super) type LookUp<'l, 'a> = &'l dyn Fn(&str) -> Option<Provenance<'a>>;

impl Report {
    /// Adds what is wrong in every environment.
    pub(super) fn problem(
        &mut self,
        subject: impl Into<Subject>,
        text: impl Into<String>,
        fix: Fix,
    ) -> &mut Diagnostic {
        self.problems.push_mut(Diagnostic::new(subject, text, Some(fix)))
    }

    /// Adds what is suspicious in every environment.
    pub(super) fn warning(&mut self, subject: impl Into<Subject>, text: impl Into<String>) -> &mut Diagnostic {
        self.warnings.push_mut(Diagnostic::new(subject, text, None))
    }

    /// Adds what is insecure. Its consequence depends on the environment.
    pub(super) fn insecure(
        &mut self,
        severity: Severity,
        subject: impl Into<Subject>,
        text: impl Into<String>,
        fix: Fix,
    ) -> &mut Diagnostic {
        let (_, diagnostic) = self.insecure.push_mut((severity, Diagnostic::new(subject, text, Some(fix))));
        diagnostic
    }

    /// Turns what is insecure into problems or warnings, and adds to each diagnostic where its settings come from.
    pub(super) fn settle(self, is_production: bool, look_up: LookUp<'_, '_>) -> Verdict {
        let Self { mut problems, mut warnings, insecure } = self;
        for (severity, diagnostic) in insecure {
            match severity {
                _ if is_production => {
                    problems.push(Diagnostic {
                        text: format!("{} (refused in production)", diagnostic.text),
                        ..diagnostic
                    });
                }
                Severity::RefusedElseWarned => warnings.push(diagnostic),
                Severity::Refused => {}
            }
        }
        let settled = |diagnostics: Vec<Diagnostic>| {
            diagnostics.into_iter().map(|diagnostic| diagnostic.settle(look_up)).collect()
        };
        Verdict { problems: settled(problems), warnings: settled(warnings) }
    }
}

impl Diagnostic {
    fn new(subject: impl Into<Subject>, text: impl Into<String>, fix: Option<Fix>) -> Self {
        Self { subject: subject.into(), text: text.into(), related: None, origin: None, fix }
    }

    /// Adds another setting to which the diagnostic is due.
    pub(super) fn beside(&mut self, name: &'static str) {
        self.related = Some(name);
    }

    /// Sets the origin of what is no setting.
    pub(super) fn at(&mut self, origin: &Origin) {
        self.origin = Some(origin.clone());
    }

    fn settle(self, look_up: LookUp<'_, '_>) -> ConfigProblem {
        let said = self.origin.map(|origin| origin.to_string());
        let names = self.subject.0.iter().map(String::as_str).chain(self.related);
        let origin = said.or_else(|| origins(names, look_up));
        let fix = self.fix.map(|fix| {
            let source = fix.name().and_then(look_up).and_then(|provenance| provenance.source);
            fix.spelled(source)
        });
        ConfigProblem { name: self.subject.0.join(", "), text: self.text, origin, fix }
    }
}

/// Describes where settings come from; none where one of the names is no setting.
fn origins<'n>(names: impl Iterator<Item = &'n str>, look_up: LookUp<'_, '_>) -> Option<String> {
    let told: Vec<(&str, String)> =
        names.map(|name| Some((name, look_up(name)?.to_string()))).collect::<Option<_>>()?;
    let (_, first) = told.first()?;
    if told.iter().all(|(_, origin)| origin == first) {
        return Some(first.clone());
    }
    Some(told.iter().map(|(name, origin)| format!("{name}: {origin}")).collect::<Vec<_>>().join("; "))
}

impl fmt::Display for Provenance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(Source { origin: Origin::Derived, .. }) | None => write!(f, "the default ({})", self.default),
            Some(source) => source.fmt(f),
        }
    }
}

impl From<&str> for Subject {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<String> for Subject {
    fn from(name: String) -> Self {
        Self(vec![name])
    }
}

impl From<Vec<&str>> for Subject {
    fn from(names: Vec<&str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }
}

impl ConfigProblem {
    /// Returns origin and fix, each with its label.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("from:", &self.origin), ("mend:", &self.fix)]
            .into_iter()
            .filter_map(|(label, said)| Some((label, said.as_deref()?)))
    }

    /// Returns the problem with its details, each on a line.
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

    /// Returns the sentence that is written below the problems.
    pub(crate) fn note(&self) -> Option<&str> {
        self.why_production.as_deref()
    }

    /// Returns the problems.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// Returns the line that is written above the problems.
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
