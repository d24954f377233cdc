//! What can be wrong with a template, told with its file and line.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The operator's file, or the name of the built-in template.
    pub file: String,
    /// Where in it, from 1.
    pub line: Option<usize>,
    /// What is wrong, for the operator.
    pub text: String,
}

impl Fault {
    /// File and line, as editors and compilers write it.
    pub(crate) fn place(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.text)
    }
}

/// Templates that cannot be used: everything that is wrong, a line each.
#[derive(Debug, thiserror::Error)]
pub struct TemplateError(Vec<Fault>);

impl TemplateError {
    /// All that is wrong, in the order of files and lines, each once; fine when nothing is.
    pub(super) fn unless_none(mut faults: Vec<Fault>) -> Result<(), Self> {
        faults.sort();
        faults.dedup();
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }

    /// What is wrong.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl From<Fault> for TemplateError {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
