//! Configuration errors, as shown to the operator.

use std::fmt;

/// All problems of the configuration.
#[derive(Debug)]
pub struct ConfigErrors {
    problems: Vec<ConfigProblem>,
    /// Reason why the environment is considered production, if `ENVIRONMENT` is not set.
    why_production: Option<String>,
}

/// A configuration problem, where it was set and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting or settings, or an unknown file or key.
    pub name: String,
    /// Description of the problem.
    pub text: String,
    /// Where it was set: a file and its line, the environment, the command line, or the default.
    pub origin: Option<String>,
    /// The line that fixes the problem: in a settings file, in the environment, on the command line or in a shell.
    pub fix: Option<String>,
}

impl ConfigProblem {
    /// Returns the origin and the fix, each with its label.
    pub fn details(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("from:", &self.origin), ("fix:", &self.fix)]
            .into_iter()
            .filter_map(|(label, said)| Some((label, said.as_deref()?)))
    }

    /// Returns the problem followed by its details, one per line.
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

    /// Returns the sentence shown below the problems.
    pub(crate) fn note(&self) -> Option<&str> {
        self.why_production.as_deref()
    }

    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// Returns the line shown above the problems.
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
