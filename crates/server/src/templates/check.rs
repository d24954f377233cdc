//! Template checks: rendering all samples, and looking for undefined names in the sources.

use portcullis_core::clock::Timestamp;

use super::{
    TemplateError, Templates,
    catalogue::{Template, templates},
    issue::TemplateIssue,
    sample::Sample,
    variables::possible,
};
use crate::config::suggest::nearest;

impl Templates {
    /// Returns all template issues found in samples and sources.
    pub(super) fn issues(&self) -> Vec<TemplateIssue> {
        let samples = self.samples(Timestamp::default());
        let mut issues: Vec<TemplateIssue> =
            templates().flat_map(|template| self.unknown_names(template, &samples)).collect();
        for sample in &samples {
            let file = self.engine.file(sample.template.name);
            // An undefined name also makes rendering fail, with a less helpful message.
            let is_told =
                |issue: &TemplateIssue| issues.iter().any(|told| told.file == issue.file || told.file == file);
            let tried = self.try_out(sample).err().map(|error| error.issues().to_vec()).unwrap_or_default();
            let new: Vec<TemplateIssue> = tried.into_iter().filter(|issue| !is_told(issue)).collect();
            issues.extend(new);
        }
        issues
    }

    /// Finds undefined names, including those in branches that no sample reaches.
    fn unknown_names(&self, template: &'static Template, samples: &[Sample]) -> Vec<TemplateIssue> {
        let known = possible(template, samples);
        let unknown = self.engine.names(template).into_iter().filter(|(name, _)| !known.contains(name));
        let issue = |(name, line): (String, Option<usize>)| {
            let advice = match nearest(&name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("defined are {}", known.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            let text = format!("`{name}` is undefined: {advice}");
            TemplateIssue { file: self.engine.file(template.name), line, text }
        };
        unknown.map(issue).collect()
    }

    fn try_out(&self, sample: &Sample) -> Result<(), TemplateError> {
        let filled = self.engine.fill(sample.template.name, sample.values.clone())?;
        self.has_subject(sample.template, &filled)
    }
}
