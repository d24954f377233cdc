//! Templates of the server, and of realms with their own templates.

use crate::{
    config::{self, Config, Environment},
    templates::{TemplateError, Templates, replaces_pages, unknown_files},
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

/// Warns of replaced pages on the origin of the dashboard: a script in one of them could act as a signed-in
/// administrator.
pub(super) fn warn_of_pages(config: &Config) {
    let is_exposed = config.admin.listen.is_none();
    let mut folders = config.policies.values().filter_map(|policy| policy.templates.dir.as_deref());
    if is_exposed && config.environment == Environment::Production && folders.any(replaces_pages) {
        tracing::warn!(setting = "ADMIN_LISTEN", "dashboard shares its listener with custom pages");
    }
}
