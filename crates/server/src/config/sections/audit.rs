//! Audit trail settings.

use std::time::Duration;

use super::section::{Context, Section, settings};
use crate::config::{
    environment::Environment, report::Report, setting::Fallback::Fixed, value::DURATION, values::Values,
};

pub(super) const SECTION: Section = Section::new("Audit trail", SETTINGS).checked(check);

settings! {
    AUDIT_RETENTION: Duration = DURATION, Fixed("400d"),
        "Retention of the audit trail. Older rows are removed in whole blocks, and the rest remains verifiable.";
    AUDIT_RETENTION_READS: Duration = DURATION, Fixed("90d"),
        "Retention of audit rows about read access by administrators.";
}

/// Retention below which a warning is shown.
const SHORT: Duration = Duration::from_secs(90 * 24 * 3600);

/// Audit trail settings.
#[derive(Debug, Clone, Copy)]
pub struct Audit {
    pub retention: Duration,
    pub retention_reads: Duration,
}

impl Audit {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self { retention: values.get(&AUDIT_RETENTION)?, retention_reads: values.get(&AUDIT_RETENTION_READS)? })
    }
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    let is_short = values.get(&AUDIT_RETENTION).is_some_and(|retention| retention < SHORT);
    if is_short && context.environment == Environment::Production {
        let text = "is shorter than 90d: an intrusion is often found only after weeks";
        report.warning(AUDIT_RETENTION.name(), text);
    }
}
