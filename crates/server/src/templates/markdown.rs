//! The templates as tables of the documentation.

use std::fmt::Write;

use crate::config::Branding;

use super::{
    Templates,
    catalogue::{Kind, TEMPLATES},
    meaning,
};

/// All templates in Markdown: a heading and a table for each kind, then the names that they use.
///
/// # Errors
/// When a built-in template is faulty, which a test rules out.
pub fn templates_markdown() -> Result<String, super::TemplateError> {
    let branding = Branding { app_name: String::new(), root: String::new(), min_length: 8 };
    let templates = Templates::load(None, branding)?;
    let mut page: String = Kind::ALL.into_iter().map(|kind| group(&templates, kind)).collect();
    page.push_str("### Variables\n\n| name | stands for |\n|---|---|\n");
    let names: std::collections::BTreeSet<String> =
        TEMPLATES.iter().flat_map(|template| templates.variables(template)).collect();
    for name in names {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{name}` | {} |", meaning(&name));
    }
    Ok(page)
}

fn group(templates: &Templates, kind: Kind) -> String {
    let mut page = format!("### {}\n\n| file | what | variables |\n|---|---|---|\n", kind.title());
    for template in TEMPLATES.iter().filter(|template| template.kind == kind) {
        let names: Vec<String> = templates.variables(template).iter().map(|name| format!("`{name}`")).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", template.name, template.purpose, names.join(", "));
    }
    page.push('\n');
    page
}
