//! The modules of a crate, and the modules that each of them uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::paths::{Named, named};

/// The modules of a crate by path, such as `service::session::open`. The root module has the empty path.
pub(super) struct Crate {
    modules: BTreeMap<Vec<String>, Vec<Named>>,
}

/// A module that uses a path, after re-exports of this crate have been resolved.
pub(super) struct Arrow {
    pub(super) from: String,
    /// Segments of the path: a path of this crate begins with `crate`, any other with its crate's name.
    pub(super) to: Vec<String>,
    is_reexport: bool,
}

impl Crate {
    /// Reads the sources of a workspace crate.
    pub(super) fn read(name: &str) -> Self {
        let root = root().join("crates").join(name).join("src");
        let files = rust_files(&root);
        let sources = files.iter().map(|file| (file.strip_prefix(&root).unwrap(), fs::read_to_string(file).unwrap()));
        let sources: Vec<(String, String)> =
            sources.map(|(path, text)| (path.to_str().unwrap().to_owned(), text)).collect();
        Self::of(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    /// Creates a crate from sources with their paths below `src`.
    pub(super) fn of<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let modules = sources.into_iter().map(|(path, text)| (module(path), named(text)));
        Self { modules: modules.collect() }
    }

    /// Returns each path used by a module at or below `area`.
    pub(super) fn arrows(&self, area: &str) -> Vec<Arrow> {
        let area: Vec<&str> = area.split("::").filter(|part| !part.is_empty()).collect();
        let inside = self.modules.iter().filter(|(module, _)| {
            module.len() >= area.len() && module.iter().zip(&area).all(|(part, wanted)| part == wanted)
        });
        let arrows = inside.flat_map(|(module, names)| {
            names.iter().map(|name| Arrow {
                from: module.join("::"),
                to: self.follow(self.absolute(module, &name.path), 8),
                is_reexport: name.is_reexport,
            })
        });
        arrows.collect()
    }

    /// Returns the names of the modules directly below `area`.
    pub(super) fn children(&self, area: &str) -> BTreeSet<String> {
        let area: Vec<String> = area.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let below = self.modules.keys().filter(|module| module.starts_with(&area));
        below.filter_map(|module| module.get(area.len()).cloned()).collect()
    }

    /// Returns a cycle among the modules directly below `area`, if there is one. Re-exports of the module `area` itself
    /// and of its children are resolved to the module that defines a name.
    pub(super) fn cycle(&self, area: &str) -> Option<Vec<String>> {
        let depth = area.split("::").filter(|part| !part.is_empty()).count();
        let children = self.children(area);
        let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for arrow in self.arrows(area).into_iter().filter(|arrow| !arrow.is_reexport) {
            let Some(from) = arrow.from.split("::").nth(depth).filter(|from| !from.is_empty()) else { continue };
            let prefix = std::iter::once("crate").chain(area.split("::").filter(|part| !part.is_empty()));
            if !arrow.to.iter().map(String::as_str).take(depth + 1).eq(prefix) {
                continue;
            }
            if let Some(to) = arrow.to.get(depth + 1).filter(|to| children.contains(*to) && *to != from) {
                graph.entry(from.to_owned()).or_default().insert(to.clone());
            }
        }
        find_cycle(&graph)
    }

    fn absolute(&self, module: &[String], path: &[String]) -> Vec<String> {
        let mut base: Vec<String> = module.to_vec();
        let mut rest = path;
        loop {
            match rest.first().map(String::as_str) {
                Some("crate") => (base, rest) = (Vec::new(), &rest[1..]),
                Some("self") => rest = &rest[1..],
                Some("super") => {
                    base.pop();
                    rest = &rest[1..];
                }
                Some(first) if rest.len() == path.len() => {
                    // A path that begins with a name belongs to another crate, unless a child of the module has that
                    // name.
                    let child: Vec<String> = base.iter().cloned().chain([first.to_owned()]).collect();
                    if !self.modules.keys().any(|module| module.starts_with(&child)) {
                        return path.to_vec();
                    }
                    break;
                }
                _ => break,
            }
        }
        std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect()
    }

    /// Resolves a re-export (`pub use open::Opened` in `mod`) to the module that defines the name.
    fn follow(&self, path: Vec<String>, left: u32) -> Vec<String> {
        if left == 0 || path.first().is_none_or(|first| first != "crate") {
            return path;
        }
        let split = (1..=path.len()).rev().find(|end| self.modules.contains_key(&path[1..*end]));
        let Some(split) = split.filter(|split| *split < path.len()) else { return path };
        let (module, name) = (&path[1..split], &path[split]);
        let exports = self.modules[module].iter().filter(|named| named.is_reexport);
        let Some(export) = exports.into_iter().find(|named| named.path.last() == Some(name)) else { return path };
        let target = self.absolute(module, &export.path);
        if target == path { path } else { self.follow(target, left - 1) }
    }
}

/// Returns the path of the module that a file below `src` has.
fn module(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

fn find_cycle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        node: &str,
        graph: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|passed| passed == node) {
            return Some(way[start..].to_vec());
        }
        if !done.insert(node.to_owned()) {
            return None;
        }
        way.push(node.to_owned());
        let found = graph.get(node).into_iter().flatten().find_map(|next| walk(next, graph, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| walk(node, graph, &mut Vec::new(), &mut done))
}

/// Returns the root of the repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns all Rust files below a folder, in order.
pub(super) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_cycle_is_found_through_relative_paths_and_re_exports() {
    let sources = [
        ("lib.rs", "pub mod a;\npub use b::Beta;"),
        ("a/mod.rs", "mod inner;\npub use inner::Alpha;"),
        ("a/inner.rs", "use super::super::Beta;\npub struct Alpha(Beta);"),
        ("b.rs", "pub struct Beta;"),
        ("c.rs", "use crate::{a::Alpha, b};"),
    ];
    assert_eq!(Crate::of(sources).cycle(""), None);
    let planted =
        sources.map(|(path, text)| if path == "b.rs" { (path, "fn f() -> crate::a::Alpha {}") } else { (path, text) });
    assert_eq!(Crate::of(planted).cycle(""), Some(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn a_cycle_of_files_in_a_folder_is_found_through_its_mod_file() {
    let face = ("config/mod.rs", "mod fix;\nmod report;\npub use fix::Fix;\npub use report::{Report, Severity};");
    let clean = [face, ("config/fix.rs", "pub struct Fix;"), ("config/report.rs", "use super::Fix;")];
    assert_eq!(Crate::of(clean).cycle("config"), None);
    let planted = [face, ("config/fix.rs", "use crate::config::Severity;"), ("config/report.rs", "use super::Fix;")];
    assert_eq!(Crate::of(planted).cycle("config"), Some(vec!["fix".to_owned(), "report".to_owned()]));
}
