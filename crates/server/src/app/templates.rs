//! Templates of the server, and of realms with their own templates.

use crate::{
    config::{self, Config},
    templates::{TemplateError, Templates, unknown_files},
};

/// Loads all templates. Logs each file that does not replace a template.
pub(super) fn templates(config: &Config) -> Result<Templates, TemplateError> {
    let mut templates = load(&config.templates)?;
    for (realm, policy) in &config.policies {
        if policy.templates != config.templates {
            templates.add_realm(realm, load(&policy.templates)?);
        }
    }
    Ok(templates)
}

fn load(settings: &config::Templates) -> Result<Templates, TemplateError> {
    let dir = settings.dir.as_deref();
    for unknown in dir.map(unknown_files).transpose()?.unwrap_or_default() {
        tracing::warn!(file = unknown.file, why = unknown.text, "unknown file in TEMPLATES_DIR");
    }
    Templates::load(dir, settings.branding.clone())
}
