use std::{io, path::Path};

use serde_json::json;

use crate::{
    cli::output::{BAD, GOOD, Output},
    config::Branding,
    templates::{TEMPLATES, Templates},
};

pub(super) fn check(dir: Option<&Path>, branding: Branding, out: &mut Output) -> io::Result<u8> {
    let judged = Templates::check(dir, branding);
    if out.is_json() {
        let faults = judged.as_ref().err().map_or_else(Default::default, |error| error.faults());
        out.json(&json!({ "valid": judged.is_ok(), "faults": faults }))?;
        return Ok(u8::from(judged.is_err()));
    }
    match judged {
        Ok(templates) => {
            let replaced = TEMPLATES.iter().filter(|template| templates.is_replaced(template.name)).count();
            let whence = dir.map_or_else(String::new, |dir| format!(", {replaced} of them from {}", dir.display()));
            out.line(out.paint(GOOD, format_args!("All {} templates are good{whence}.", TEMPLATES.len())))?;
            Ok(0)
        }
        Err(error) => {
            for fault in error.faults() {
                let place = out.paint(BAD, fault.place());
                out.line(format_args!("{place}: {}", fault.text))?;
            }
            Ok(1)
        }
    }
}
