//! `portcullis config check`

use std::io;

use serde::Serialize;

use super::output::{BAD, FAINT, GOOD, HEADING, Output, WARNING};
use crate::{
    app,
    config::{ConfigProblem, Inspection, Sources, inspect},
};

/// Result of the check, as JSON.
#[derive(Serialize)]
pub(super) struct CheckReport {
    valid: bool,
    environment: &'static str,
    problems: Vec<Remark>,
    warnings: Vec<Remark>,
}

#[derive(Serialize)]
struct Remark {
    name: String,
    text: String,
    /// Where the setting was set. Absent if the problem does not concern a setting.
    origin: Option<String>,
    /// Line that fixes the problem.
    fix: Option<String>,
}

impl CheckReport {
    pub(super) fn of(inspection: &Inspection) -> Self {
        let remarks = |problems: &[ConfigProblem]| problems.iter().cloned().map(Remark::from).collect();
        let problems = inspection.verdict().err().map_or_else(Vec::new, |errors| remarks(errors.problems()));
        Self {
            valid: problems.is_empty(),
            environment: inspection.environment().as_str(),
            problems,
            warnings: remarks(inspection.warnings()),
        }
    }

    pub(super) fn code(&self) -> u8 {
        u8::from(!self.valid)
    }
}

impl From<ConfigProblem> for Remark {
    fn from(ConfigProblem { name, text, origin, fix }: ConfigProblem) -> Self {
        Self { name, text, origin, fix }
    }
}

/// Prints the configuration problems, or that the configuration is valid. Returns the exit code. Nothing is created
/// or changed.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn check(sources: Sources, out: &mut Output) -> io::Result<u8> {
    tell_verdict(&checked(sources), out)
}

/// Reads and checks the settings, including the checks made at startup.
pub(super) fn checked(sources: Sources) -> Inspection {
    let mut inspection = inspect(sources);
    app::check(&mut inspection);
    inspection
}

pub(super) fn tell_verdict(inspection: &Inspection, out: &mut Output) -> io::Result<u8> {
    if !out.is_json() {
        return write_verdict(inspection, out);
    }
    let report = CheckReport::of(inspection);
    out.json(&report)?;
    Ok(report.code())
}

pub(super) fn write_verdict(inspection: &Inspection, out: &mut Output) -> io::Result<u8> {
    for warning in inspection.warnings() {
        let word = out.paint(WARNING, "Warning:");
        out.line(format_args!("{word} {warning}"))?;
        write_details(warning, out)?;
    }
    match inspection.verdict() {
        Ok(()) => {
            let good = format!("The configuration is valid for {}.", inspection.environment().as_str());
            out.line(out.paint(GOOD, good))?;
            Ok(0)
        }
        Err(errors) => {
            out.line(out.paint(BAD, errors.heading()))?;
            for (number, problem) in errors.problems().iter().enumerate() {
                let name = out.paint(HEADING, &problem.name);
                out.line(format_args!("{:4}. {name}: {}", number + 1, problem.text))?;
                write_details(problem, out)?;
            }
            if let Some(note) = errors.note() {
                out.line(note)?;
            }
            Ok(1)
        }
    }
}

fn write_details(problem: &ConfigProblem, out: &mut Output) -> io::Result<()> {
    for (label, said) in problem.details() {
        let label = out.paint(FAINT, label);
        out.line(format_args!("      {label} {said}"))?;
    }
    Ok(())
}
