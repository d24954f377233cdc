//! Words and looks: the built-in templates, an operator's folder laid over them, and the ways to fill them.

mod builtin;
mod engine;
mod mail;
mod page;

pub(crate) use builtin::{DEV_SCRIPT, DEV_STYLESHEET, DOCS_SCRIPT, DOCS_STYLESHEET, STYLESHEET};
pub use engine::TemplateError;
pub(crate) use page::Page;

use std::path::Path;

use engine::Engine;

/// All templates, checked: each was filled with a sample before anybody asked for it.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    look: Look,
}

/// What all templates may say about the server.
#[derive(Debug, Clone)]
pub struct Look {
    /// The name of the app.
    pub app_name: String,
    /// The path under which the server is reached: empty, or `/auth` for `https://example.com/auth`.
    pub root: String,
    /// The least length of a password.
    pub min_length: usize,
}

impl Templates {
    /// Takes the built-in templates, replaces those that `dir` has too, and fills each with a sample.
    ///
    /// # Errors
    /// [`TemplateError`], naming the template: unreadable, not in Jinja's syntax, or with a name that nothing defines.
    pub fn load(dir: Option<&Path>, look: Look) -> Result<Self, TemplateError> {
        let templates = Self { engine: Engine::load(dir)?, look };
        templates.try_pages()?;
        templates.try_mails()?;
        Ok(templates)
    }
}
