//! Words and looks: the built-in templates, an operator's folder laid over them, and the ways to fill them.

mod catalogue;
mod dev;
mod engine;
mod folder;
mod issue;
mod mails;
mod markdown;
mod pages;
mod preview;
mod sample;
mod variables;

pub(crate) use catalogue::{Kind, TEMPLATES, Template};
pub(crate) use dev::{DEV_SCRIPT, DEV_STYLESHEET, DOCS_SCRIPT, DOCS_STYLESHEET};
pub(crate) use folder::strangers;
pub use issue::{Fault, TemplateError};
pub use markdown::templates_markdown;
pub(crate) use pages::Page;
pub(crate) use variables::meaning;

use std::path::Path;

use crate::config::Branding;
use engine::Engine;

/// All templates, checked: each was filled with a sample before anybody asked for it.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    branding: Branding,
}

impl Templates {
    /// Takes the built-in templates, replaces those that `dir` has too, and fills each with a sample.
    ///
    /// # Errors
    /// [`TemplateError`], with all that is wrong: unreadable, not in Jinja's syntax, or with a name that nothing defines.
    pub fn load(dir: Option<&Path>, branding: Branding) -> Result<Self, TemplateError> {
        Self::load_beside(Vec::new(), dir, branding)
    }

    /// The same, where files that replace nothing are wrong, too.
    ///
    /// # Errors
    /// [`TemplateError`], with all that is wrong.
    pub(crate) fn check(dir: Option<&Path>, branding: Branding) -> Result<Self, TemplateError> {
        let strangers = dir.map(strangers).transpose()?.unwrap_or_default();
        Self::load_beside(strangers, dir, branding)
    }

    fn load_beside(mut faults: Vec<Fault>, dir: Option<&Path>, branding: Branding) -> Result<Self, TemplateError> {
        let (engine, unreadable) = Engine::load(dir);
        let templates = Self { engine, branding };
        faults.extend(unreadable);
        faults.extend(templates.faults());
        TemplateError::unless_none(faults)?;
        Ok(templates)
    }

    /// Whether an operator's file stands for the template of this name.
    pub(crate) fn is_replaced(&self, name: &str) -> bool {
        self.engine.replacement(name).is_some()
    }

    /// What the pages are dressed in.
    pub(crate) fn stylesheet(&self) -> &str {
        self.engine.stylesheet()
    }
}
