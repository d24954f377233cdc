//! Templates filled for trying them out: at the start, by `portcullis templates`, and in the preview.

use std::collections::BTreeSet;

use minijinja::Value;
use portcullis_core::clock::Timestamp;

use super::{
    TemplateError, Templates,
    catalogue::{self, TEMPLATES, Template},
    issue::Fault,
    variables::possible,
};
use crate::config::suggest::nearest;

/// What a template is filled with when it is tried.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) template: &'static Template,
    /// What is particular about this one among those of its template: one word, or none.
    pub(crate) case: &'static str,
    pub(super) values: Value,
}

impl Sample {
    pub(super) fn of(name: &str, case: &'static str, values: Value) -> Option<Self> {
        Some(Self { template: catalogue::find(name)?, case, values })
    }

    /// The names that it gives.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let names = self.values.try_iter().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

impl Templates {
    /// Every template with all that can be in it.
    pub(super) fn samples(&self, now: Timestamp) -> Vec<Sample> {
        let mut samples = self.mail_samples(now);
        samples.extend(self.page_samples(now));
        samples
    }

    /// Everything that is wrong with the templates themselves, as far as samples and sources show it.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let samples = self.samples(Timestamp::default());
        let mut faults: Vec<Fault> =
            TEMPLATES.iter().flat_map(|template| self.unknown_names(template, &samples)).collect();
        for sample in &samples {
            let file = self.engine.file(sample.template.name);
            // A name that nothing defines stops the filling, too, in fewer words.
            let is_told = |fault: &Fault| faults.iter().any(|told| told.file == fault.file || told.file == file);
            let tried = self.try_out(sample).err().map(|error| error.faults().to_vec()).unwrap_or_default();
            let news: Vec<Fault> = tried.into_iter().filter(|fault| !is_told(fault)).collect();
            faults.extend(news);
        }
        faults
    }

    /// Names that nothing defines, also where no sample leads.
    fn unknown_names(&self, template: &'static Template, samples: &[Sample]) -> Vec<Fault> {
        let known = possible(template, samples);
        let unknown = self.engine.names(template).into_iter().filter(|(name, _)| !known.contains(name));
        let fault = |(name, line): (String, Option<usize>)| {
            let advice = match nearest(&name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            Fault { file: self.engine.file(template.name), line, text: format!("nothing defines `{name}`: {advice}") }
        };
        unknown.map(fault).collect()
    }

    fn try_out(&self, sample: &Sample) -> Result<(), TemplateError> {
        let filled = self.engine.fill(sample.template.name, sample.values.clone())?;
        self.has_subject(sample.template, &filled)
    }
}
