//! The templates, from the configuration.

use crate::{
    config::Config,
    templates::{Look, TemplateError, Templates, strangers},
};

/// The templates, once a warning was given for each file that replaces none.
pub(super) fn templates(config: &Config) -> Result<Templates, TemplateError> {
    let dir = config.templates_dir.as_deref();
    for stranger in dir.map(strangers).transpose()?.unwrap_or_default() {
        tracing::warn!(file = stranger.file, why = stranger.text, "a file of TEMPLATES_DIR replaces nothing");
    }
    let look = Look {
        app_name: config.app_name.clone(),
        root: config.public_url.path().to_owned(),
        min_length: config.password.min_length,
    };
    Templates::load(dir, look)
}
