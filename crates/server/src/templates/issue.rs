//! What can be wrong with a template, with its file and line.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TemplateIssue {
    /// The operator's file, or the name of the built-in template.
    pub file: String,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// What is wrong, for the operator.
    pub text: String,
}

impl TemplateIssue {
    /// Returns file and line, as editors and compilers write them.
    pub(crate) fn place(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

impl fmt::Display for TemplateIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.text)
    }
}

/// Templates that cannot be used: every issue, a line each.
#[derive(Debug, thiserror::Error)]
pub struct TemplateError(Vec<TemplateIssue>);

impl TemplateError {
    /// Fails with these issues in the order of files and lines, each once; succeeds when there are none.
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
