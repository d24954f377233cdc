//! Maximum lifetimes in production.

use std::time::Duration;

use crate::config::{
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Setting,
    values::Values,
};

/// Rejects a lifetime of more than this number of hours.
pub(super) fn at_most(setting: &'static Setting<Duration>, hours: u64, values: &Values, report: &mut Report) {
    if values.get(setting).is_some_and(|lifetime| lifetime > Duration::from_secs(hours * 3600)) {
        let name = setting.name();
        let most = if hours > 24 { format!("{}d", hours / 24) } else { format!("{hours}h") };
        let text = format!("is longer than {most}: a stolen token or link would stay valid too long");
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, most));
    }
}
