//! Templates filled with samples: at the start, by `portcullis templates`, and in the preview.

use std::collections::BTreeSet;

use minijinja::Value;
use portcullis_core::clock::Timestamp;

use super::{Templates, catalogue::Template};

/// What a template is filled with when it is tried.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) template: &'static Template,
    /// A word for what is special in this sample; empty where it is the only one of its template.
    pub(crate) case: &'static str,
    pub(super) values: Value,
}

impl Sample {
    /// Returns the names that it defines.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.values.try_iter().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

impl Templates {
    /// Returns a sample of every mail, page and SMS, in all their cases.
    pub(super) fn samples(&self, now: Timestamp) -> Vec<Sample> {
        let mut samples = self.mail_samples(now);
        samples.extend(self.page_samples(now));
        samples
    }
}
