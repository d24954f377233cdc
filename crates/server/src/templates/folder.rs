//! Custom template files that do not replace a template.

use std::{ffi::OsString, fs, io, path::Path};

use super::{
    catalogue::{self, Template, TemplateKind, templates},
    issue::{TemplateError, TemplateIssue},
};
use crate::config::suggest::nearest;

/// Returns the files of a folder that do not replace a template. Hidden files and other folders are ignored.
///
/// # Errors
/// Returns an error if the folder cannot be read.
pub(crate) fn unknown_files(dir: &Path) -> Result<Vec<TemplateIssue>, TemplateError> {
    let mut issues = Vec::new();
    for name in files(dir)? {
        if name.to_str().and_then(by_name).is_none() {
            issues.push(unknown_file(dir, "", &name));
        }
    }
    for folder in folders().into_iter().filter(|folder| dir.join(folder).is_dir()) {
        for name in files(&dir.join(folder))? {
            let template = name.to_str().and_then(by_name).filter(|template| template.kind.folder() == folder);
            match template {
                None => issues.push(unknown_file(dir, folder, &name)),
                Some(template) if dir.join(template.name).exists() => issues.push(hidden_file(dir, template)),
                Some(_) => {}
            }
        }
    }
    Ok(issues)
}

/// Returns whether a file in this folder replaces a page or the layout of pages.
pub(crate) fn replaces_pages(dir: &Path) -> bool {
    let mut pages = templates().filter(|one| [TemplateKind::Page, TemplateKind::PageLayout].contains(&one.kind));
    pages.any(|one| dir.join(one.name).exists() || dir.join(one.path()).exists())
}

/// Returns the folders that may contain templates, without duplicates.
fn folders() -> Vec<&'static str> {
    let mut folders = TemplateKind::ALL.map(TemplateKind::folder).to_vec();
    folders.sort_unstable();
    folders.dedup();
    folders
}

fn files(dir: &Path) -> Result<Vec<OsString>, TemplateError> {
    let unreadable = |error: io::Error| {
        let text = format!("cannot be read: {error}");
        TemplateError::from(TemplateIssue { file: dir.display().to_string(), line: None, text })
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && !entry.path().is_dir() {
            names.push(entry.file_name());
        }
    }
    Ok(names)
}

fn by_name(name: &str) -> Option<&'static Template> {
    catalogue::find(name).filter(|template| template.name == name)
}

fn unknown_file(dir: &Path, folder: &str, name: &OsString) -> TemplateIssue {
    let typed = name.to_string_lossy();
    let meant = nearest(&typed, templates().map(|template| template.name)).and_then(by_name);
    let advice = match meant {
        Some(template) if folder.is_empty() => format!("did you mean {}?", template.name),
        Some(template) => format!("did you mean {}?", template.path()),
        None => "`portcullis templates list` shows all names".to_owned(),
    };
    let file = dir.join(folder).join(name).display().to_string();
    TemplateIssue { file, line: None, text: format!("no template has this name: {advice}") }
}

fn hidden_file(dir: &Path, template: &Template) -> TemplateIssue {
    let file = dir.join(template.path()).display().to_string();
    let text = format!("{} also exists and is used instead: remove one of them", template.name);
    TemplateIssue { file, line: None, text }
}
