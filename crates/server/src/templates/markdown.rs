//! Template tables of the documentation.

use std::fmt::Write;

use crate::config::{Brand, Branding};

use super::{
    Templates,
    catalogue::{TemplateKind, templates},
    meaning,
};

/// Returns all templates in Markdown: a heading and a table for each kind, followed by the variables.
///
/// # Errors
/// Returns an error if a built-in template has an issue, which a test rules out.
pub fn templates_markdown() -> Result<String, super::TemplateError> {
    let branding = Branding {
        app_name: String::new(),
        app_url: String::new(),
        root: String::new(),
        min_length: 8,
        pages: true,
        brand: Brand::default(),
    };
    let loaded = Templates::load(None, branding)?;
    let mut page: String = TemplateKind::ALL.into_iter().map(|kind| group(&loaded, kind)).collect();
    page.push_str("### Variables\n\n| name | meaning |\n|---|---|\n");
    let names: std::collections::BTreeSet<String> =
        templates().flat_map(|template| loaded.variables(template)).collect();
    for name in names {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{name}` | {} |", meaning(&name));
    }
    Ok(page)
}

fn group(loaded: &Templates, kind: TemplateKind) -> String {
    let mut page = format!("### {}\n\n| file | purpose | variables |\n|---|---|---|\n", kind.title());
    for template in templates().filter(|template| template.kind == kind) {
        let names: Vec<String> = loaded.variables(template).iter().map(|name| format!("`{name}`")).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", template.name, template.purpose, names.join(", "));
    }
    page.push('\n');
    page
}
