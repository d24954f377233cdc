//! What is found wrong on the way, gathered so that all of it can be said at once.

use std::fmt;

use super::choices::Environment;

/// Everything that is wrong with the configuration.
#[derive(Debug)]
pub struct ConfigErrors(Vec<Problem>);

/// One thing that is wrong, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, or the file or key that is no setting.
    pub name: String,
    /// What is wrong with it, and what mends it.
    pub text: String,
}

/// How grave an insecure setting is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gravity {
    /// Refused in production, not worth a word in development.
    Refused,
    /// Refused in production, warned about in development.
    RefusedElseWarned,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    insecure: Vec<(Gravity, Problem)>,
}

impl Report {
    /// Wrong wherever the server runs.
    pub(super) fn problem(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.problems.push(Problem::new(name, text));
    }

    /// Suspicious wherever the server runs.
    pub(super) fn warning(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.warnings.push(Problem::new(name, text));
    }

    /// Insecure: what follows depends on where the server runs.
    pub(super) fn insecure(&mut self, gravity: Gravity, name: impl Into<String>, text: impl Into<String>) {
        self.insecure.push((gravity, Problem::new(name, text)));
    }

    /// Turns what is insecure into problems or warnings.
    pub(super) fn settle(&mut self, environment: Environment) {
        for (gravity, problem) in self.insecure.drain(..) {
            match (environment, gravity) {
                (Environment::Production, _) => {
                    self.problems
                        .push(Problem { text: format!("{} (refused in production)", problem.text), ..problem });
                }
                (Environment::Development, Gravity::RefusedElseWarned) => self.warnings.push(problem),
                (Environment::Development, Gravity::Refused) => {}
            }
        }
    }
}

impl Problem {
    fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

impl ConfigErrors {
    pub(super) const fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// One by one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.text)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "problem" } else { "problems" };
        write!(f, "The configuration has {} {plural}:", self.0.len())?;
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "\n{:4}. {problem}", number + 1)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
