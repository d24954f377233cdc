use std::{io, path::Path};

use serde_json::json;

use crate::{
    cli::output::{BAD, GOOD, Output},
    config::Branding,
    templates::{Templates, templates},
};

pub(super) fn check(dir: Option<&Path>, branding: Branding, out: &mut Output) -> io::Result<u8> {
    let judged = Templates::check(dir, branding);
    if out.is_json() {
        let issues = judged.as_ref().err().map_or_else(Default::default, |error| error.issues());
        out.json(&json!({ "valid": judged.is_ok(), "faults": issues }))?;
        return Ok(u8::from(judged.is_err()));
    }
    match judged {
        Ok(loaded) => {
            let replaced = templates().filter(|template| loaded.is_replaced(template.name)).count();
            let whence = dir.map_or_else(String::new, |dir| format!(", {replaced} of them from {}", dir.display()));
            out.line(out.paint(GOOD, format_args!("All {} templates are valid{whence}.", templates().count())))?;
            Ok(0)
        }
        Err(error) => {
            for issue in error.issues() {
                let place = out.paint(BAD, issue.place());
                out.line(format_args!("{place}: {}", issue.text))?;
            }
            Ok(1)
        }
    }
}
