//! Templates rendered with sample data: at startup, by `portcullis templates`, and in the preview.

use std::collections::BTreeSet;

use minijinja::Value;
use portcullis_core::clock::Timestamp;

use super::{Templates, catalogue::Template};

/// Sample values for a template.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) template: &'static Template,
    /// Label of the sample's case. Empty if the template has only one.
    pub(crate) case: &'static str,
    pub(super) values: Value,
}

impl Sample {
    /// Returns the names that the sample defines.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.values.try_iter().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

impl Templates {
    /// Returns samples of all emails, pages and SMS, in all their cases.
    pub(super) fn samples(&self, now: Timestamp) -> Vec<Sample> {
        let mut samples = self.mail_samples(now);
        samples.extend(self.page_samples(now));
        samples
    }
}
