//! Words and looks: the built-in templates, an operator's folder laid over them, and the ways to fill them.

mod builtin;
mod engine;
mod mail;
mod page;

pub(crate) use builtin::STYLESHEET;
pub use engine::TemplateError;
pub(crate) use page::Page;

use std::path::Path;

use engine::Engine;

/// All templates, checked: each was filled with a sample before anybody asked for it.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    app_name: String,
}

impl Templates {
    /// Takes the built-in templates, replaces those that `dir` has too, and fills each with a sample.
    ///
    /// # Errors
    /// [`TemplateError`], naming the template: unreadable, not in Jinja's syntax, or with a name that nothing defines.
    pub fn load(dir: Option<&Path>, app_name: &str) -> Result<Self, TemplateError> {
        let templates = Self { engine: Engine::load(dir)?, app_name: app_name.to_owned() };
        templates.try_pages()?;
        templates.try_mails()?;
        Ok(templates)
    }
}
