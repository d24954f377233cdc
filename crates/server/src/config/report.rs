//! Collects configuration problems, so that all are reported together.

use std::fmt;

use super::{
    errors::ConfigProblem,
    fix::Fix,
    mask::masked_words,
    origin::{Origin, Source},
    setting::Fallback,
};

/// How severe an insecure setting is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Severity {
    /// Rejected in production, ignored in development.
    Refused,
    /// Rejected in production, a warning in development.
    RefusedElseWarned,
}

/// Names that a diagnostic concerns: settings, or an unknown file or key.
#[derive(Debug)]
pub(super) struct Subject(Vec<String>);

/// A problem or warning, before its origin and fix are formatted.
#[derive(Debug)]
pub(super) struct Diagnostic {
    subject: Subject,
    text: String,
    related: Option<&'static str>,
    origin: Option<Origin>,
    fix: Option<Fix>,
}

/// Collects the problems and warnings of a configuration.
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

/// Origin of a setting's value.
#[derive(Debug)]
pub(super) struct Provenance<'a> {
    /// Absent if the setting has its default value.
    pub(super) source: Option<&'a Source>,
    pub(super) default: Fallback,
}

/// Finds the provenance of a setting by name, with or without `_FILE`. Returns `None` for other names.
pub(super) type LookUp<'l, 'a> = &'l dyn Fn(&str) -> Option<Provenance<'a>>;

impl Report {
    /// Adds a problem in every environment.
    pub(super) fn problem(
        &mut self,
        subject: impl Into<Subject>,
        text: impl Into<String>,
        fix: Fix,
    ) -> &mut Diagnostic {
        self.problems.push_mut(Diagnostic::new(subject, text, Some(fix)))
    }

    /// Adds a warning in every environment.
    pub(super) fn warning(&mut self, subject: impl Into<Subject>, text: impl Into<String>) -> &mut Diagnostic {
        self.warnings.push_mut(Diagnostic::new(subject, text, None))
    }

    /// Adds an insecure setting. The environment determines whether it is a problem.
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

    /// Keeps only diagnostics about at least one setting for which `is_own` is true.
    pub(super) fn keep_own(&mut self, is_own: impl Fn(&str) -> bool) {
        let is_kept = |diagnostic: &Diagnostic| diagnostic.names().any(&is_own);
        self.problems.retain(is_kept);
        self.warnings.retain(is_kept);
        self.insecure.retain(|(_, diagnostic)| is_kept(diagnostic));
    }

    /// Turns insecure settings into problems or warnings, and adds to each diagnostic where its settings were set.
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

    /// Adds another setting that the diagnostic concerns.
    pub(super) fn beside(&mut self, name: &'static str) {
        self.related = Some(name);
    }

    /// Sets the origin of an unknown name.
    pub(super) fn at(&mut self, origin: &Origin) {
        self.origin = Some(origin.clone());
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.subject.0.iter().map(String::as_str).chain(self.related)
    }

    fn settle(self, look_up: LookUp<'_, '_>) -> ConfigProblem {
        let said = self.origin.as_ref().map(ToString::to_string);
        let origin = said.or_else(|| origins(self.names(), look_up));
        let names: Vec<String> = self.subject.0.iter().map(|name| full_name(name, look_up)).collect();
        let fix = self.fix.map(|fix| {
            let source = fix.name().and_then(look_up).and_then(|provenance| provenance.source);
            fix.spelled(source)
        });
        let text = masked_words(&self.text);
        ConfigProblem { name: names.join(", "), text, origin, fix: fix.map(|fix| masked_words(&fix)) }
    }
}

/// Describes where settings were set. Returns `None` if one of the names is unknown.
fn origins<'n>(names: impl Iterator<Item = &'n str>, look_up: LookUp<'_, '_>) -> Option<String> {
    let told: Vec<(&str, String)> =
        names.map(|name| Some((name, look_up(name)?.to_string()))).collect::<Option<_>>()?;
    let (_, first) = told.first()?;
    if told.iter().all(|(_, origin)| origin == first) {
        return Some(first.clone());
    }
    let lines = told.iter().map(|(name, origin)| format!("{}: {origin}", full_name(name, look_up)));
    Some(lines.collect::<Vec<_>>().join("; "))
}

/// Returns a setting's name with the realm it was set for. Other names are returned unchanged.
fn full_name(name: &str, look_up: LookUp<'_, '_>) -> String {
    let source = look_up(name).and_then(|provenance| provenance.source);
    source.map_or_else(|| name.to_owned(), |source| source.full_name(name))
}

impl fmt::Display for Provenance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(Source { origin: Origin::Derived, .. }) | None => write!(f, "the default ({})", self.default),
            Some(source) => source.fmt(f),
        }
    }
}

impl Verdict {
    /// Merges another verdict into this one.
    pub(super) fn extend(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
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
