//! Template issues, with file and line.

use std::fmt;

use serde::Serialize;

/// A problem with a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TemplateIssue {
    /// The custom file, or the name of the built-in template.
    pub file: String,
    /// Line number, counted from 1.
    pub line: Option<usize>,
    /// Description for the operator.
    pub text: String,
}

impl TemplateIssue {
    /// Returns file and line in the format of editors and compilers.
    pub(crate) fn place(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

impl fmt::Display for TemplateIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.text)
    }
}

/// All template issues, one per line.
#[derive(Debug, thiserror::Error)]
pub struct TemplateError(Vec<TemplateIssue>);

impl TemplateError {
    /// Returns an error with these issues, sorted and without duplicates. Succeeds if there are none.
    pub(super) fn unless_none(mut issues: Vec<TemplateIssue>) -> Result<(), Self> {
        issues.sort();
        issues.dedup();
        if issues.is_empty() { Ok(()) } else { Err(Self(issues)) }
    }

    /// Returns all issues.
    #[must_use]
    pub fn issues(&self) -> &[TemplateIssue] {
        &self.0
    }
}

impl From<TemplateIssue> for TemplateError {
    fn from(issue: TemplateIssue) -> Self {
        Self(vec![issue])
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(TemplateIssue::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
