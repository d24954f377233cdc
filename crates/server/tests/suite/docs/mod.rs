//! Everything that the documentation refers to exists: files, headings, settings, commands, log messages.

mod generated;
mod links;
mod log;
mod paths;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders without pages of this project.
const ELSEWHERE: &[&str] = &[".git", "target", "node_modules", "data", "vendor"];

/// A page, with its path relative to the repository.
struct Text {
    path: PathBuf,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns all pages, including `llms.txt`.
fn pages() -> Vec<Text> {
    let ends = |path: &Path| path.extension().is_some_and(|end| end == "md") || path.ends_with("llms.txt");
    files(&root(), &ends)
}

fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Text> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_elsewhere = path.file_name().is_some_and(|name| ELSEWHERE.iter().any(|elsewhere| name == *elsewhere));
        if path.is_dir() && !is_elsewhere {
            found.extend(files(&path, wanted));
        } else if path.is_file() && wanted(&path) {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Text { path: path.strip_prefix(root()).unwrap().to_owned(), text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl Text {
    /// Returns the lines outside of fenced blocks.
    fn prose(&self) -> impl Iterator<Item = &str> {
        self.lines().filter(|(fence, _)| fence.is_none()).map(|(_, line)| line)
    }

    /// Returns the lines inside fenced blocks in this language.
    fn fenced<'a>(&'a self, language: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines().filter(move |(fence, _)| *fence == Some(language)).map(|(_, line)| line)
    }

    /// Returns the text between backticks in the prose.
    fn quoted(&self) -> Vec<String> {
        let prose = self.prose().collect::<Vec<_>>().join(" ");
        prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// Returns each line except the fences, with the language of its block.
    fn lines(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let mut inside = None;
        self.text.lines().filter_map(move |line| match (line.trim_start().strip_prefix("```"), inside) {
            (Some(language), None) => {
                inside = Some(language);
                None
            }
            (Some(_), Some(_)) => {
                inside = None;
                None
            }
            (None, _) => Some((inside, line)),
        })
    }
}
