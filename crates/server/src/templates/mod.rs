//! Email and page templates: the built-in ones, custom ones that replace them, and the views that provide their values.

/// Includes the built-in file at this path below `templates/`.
macro_rules! source {
    ($path:expr) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $path))
    };
}

/// Concatenates the colours shared by all pages with a stylesheet.
macro_rules! stylesheet {
    ($path:literal) => {
        concat!(source!("layout/colours.css"), "\n", source!($path))
    };
}

mod catalogue;
mod check;
pub(crate) mod dashboard;
pub(crate) mod dev;
mod engine;
mod folder;
mod issue;
mod look;
mod mails;
mod markdown;
pub(crate) mod pages;
mod preview;
mod sample;
pub mod theme;
mod variables;

pub(crate) use catalogue::{Template, TemplateKind, templates};
pub(crate) use folder::{replaces_pages, unknown_files};
pub use issue::{TemplateError, TemplateIssue};
pub(crate) use look::BrandFile;
pub(crate) use mails::in_words;
pub use markdown::templates_markdown;
pub(crate) use pages::Page;
pub(crate) use variables::meaning;

use std::{collections::BTreeMap, path::Path};

use engine::Engine;
use look::Look;
use portcullis_core::id::RealmName;

use crate::config::Branding;

/// All templates. Those of a folder have been rendered with sample data before use; of the built-in ones, a test does
/// that.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    branding: Branding,
    look: Look,
    /// Templates of realms with their own templates.
    realms: BTreeMap<String, Self>,
}

impl Templates {
    /// Loads the built-in templates, and replaces those that have a file in `dir`. With a folder, each template is
    /// rendered with sample data.
    ///
    /// # Errors
    /// Returns [`TemplateError`] with all issues: unreadable files, syntax errors and undefined names.
    pub fn load(dir: Option<&Path>, branding: Branding) -> Result<Self, TemplateError> {
        let (templates, mut issues) = Self::read(dir, branding);
        if dir.is_some() {
            issues.extend(templates.issues());
        }
        TemplateError::unless_none(issues)?;
        Ok(templates)
    }

    /// Like [`Self::load`], but the built-in templates are rendered without a folder, too, and a file that does not
    /// replace a template is an issue.
    ///
    /// # Errors
    /// Returns [`TemplateError`] with all issues.
    pub(crate) fn check(dir: Option<&Path>, branding: Branding) -> Result<Self, TemplateError> {
        let mut issues = dir.map(unknown_files).transpose()?.unwrap_or_default();
        let (templates, unreadable) = Self::read(dir, branding);
        issues.extend(unreadable);
        issues.extend(templates.issues());
        TemplateError::unless_none(issues)?;
        Ok(templates)
    }

    /// Returns the templates with those of a folder, and the issues of its files.
    fn read(dir: Option<&Path>, branding: Branding) -> (Self, Vec<TemplateIssue>) {
        let mut look = Look::of(&branding.brand);
        let (engine, unreadable) = Engine::load(dir, look.colours());
        look.add_stylesheet(&branding.brand, engine.stylesheet());
        (Self { engine, branding, look, realms: BTreeMap::new() }, unreadable)
    }

    /// Adds the templates of a realm.
    pub(crate) fn add_realm(&mut self, realm: &RealmName, templates: Self) {
        self.realms.insert(realm.to_string(), templates);
    }

    /// Returns a realm's templates: its own, or the server's.
    fn of(&self, realm: &str) -> &Self {
        self.realms.get(realm).unwrap_or(self)
    }

    /// Returns a brand file of the server or of a realm.
    pub(crate) fn brand_file(&self, name: &str) -> Option<&BrandFile> {
        std::iter::once(self).chain(self.realms.values()).find_map(|templates| templates.look.file(name))
    }

    /// Returns the brand files of these templates, by name.
    pub(crate) fn brand_files(&self) -> impl Iterator<Item = (&str, &BrandFile)> {
        self.look.files()
    }

    /// Returns whether users of a realm can sign in on pages.
    pub(crate) fn has_pages(&self, realm: &str) -> bool {
        self.of(realm).branding.pages
    }

    /// Returns whether a custom file replaces this template.
    pub(crate) fn is_replaced(&self, name: &str) -> bool {
        self.engine.replacement(name).is_some()
    }

    /// Returns the stylesheet of pages without a brand.
    pub(crate) fn stylesheet(&self) -> &str {
        self.engine.stylesheet()
    }
}
