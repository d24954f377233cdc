//! The templates, from the configuration.

use crate::{
    config,
    templates::{TemplateError, Templates, strangers},
};

/// Loads the templates. Warns about each file that replaces none.
pub(super) fn templates(config: &config::Templates) -> Result<Templates, TemplateError> {
    let dir = config.dir.as_deref();
    for stranger in dir.map(strangers).transpose()?.unwrap_or_default() {
        tracing::warn!(file = stranger.file, why = stranger.text, "a file of TEMPLATES_DIR replaces nothing");
    }
    Templates::load(dir, config.branding.clone())
}
