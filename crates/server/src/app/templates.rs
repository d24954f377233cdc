//! The templates, from the configuration.

use crate::{
    config,
    templates::{TemplateError, Templates, unknown_files},
};

/// Loads the templates. Warns about each file that replaces none.
pub(super) fn templates(config: &config::Templates) -> Result<Templates, TemplateError> {
    let dir = config.dir.as_deref();
    for unknown in dir.map(unknown_files).transpose()?.unwrap_or_default() {
        tracing::warn!(file = unknown.file, why = unknown.text, "a file of TEMPLATES_DIR replaces nothing");
    }
    Templates::load(dir, config.branding.clone())
}
