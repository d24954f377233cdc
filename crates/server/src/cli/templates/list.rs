use std::io;

use serde::Serialize;

use crate::{
    cli::output::{FAINT, HEADING, Output},
    templates::{Template, TemplateKind, Templates, meaning, templates},
};

pub(super) fn list(loaded: &Templates, out: &mut Output) -> io::Result<u8> {
    if out.is_json() {
        let rows: Vec<TemplateLine> = templates().map(|template| TemplateLine::of(loaded, template)).collect();
        out.json(&rows)?;
        return Ok(0);
    }
    for kind in TemplateKind::ALL {
        out.line(out.paint(HEADING, format_args!("# {}", kind.title())))?;
        for template in templates().filter(|template| template.kind == kind) {
            write_one(loaded, template, out)?;
        }
        out.line("")?;
    }
    Ok(0)
}

fn write_one(loaded: &Templates, template: &'static Template, out: &mut Output) -> io::Result<()> {
    let replaced = if loaded.is_replaced(template.name) { " (replaced)" } else { "" };
    out.line(format_args!("{}{replaced}\n    {}", template.name, template.purpose))?;
    let names: Vec<String> = loaded.variables(template).into_iter().collect();
    if !names.is_empty() {
        out.line(out.paint(FAINT, format_args!("    {}", names.join(", "))))?;
    }
    Ok(())
}

/// A template, as JSON.
#[derive(Serialize)]
struct TemplateLine {
    name: &'static str,
    kind: &'static str,
    purpose: &'static str,
    is_replaced: bool,
    variables: Vec<Variable>,
}

#[derive(Serialize)]
struct Variable {
    name: String,
    meaning: &'static str,
}

impl TemplateLine {
    fn of(templates: &Templates, template: &'static Template) -> Self {
        let Template { name, kind, purpose, .. } = *template;
        let variables = templates.variables(template).into_iter();
        Self {
            name,
            kind: kind.as_str(),
            purpose,
            is_replaced: templates.is_replaced(name),
            variables: variables.map(|name| Variable { meaning: meaning(&name), name }).collect(),
        }
    }
}
