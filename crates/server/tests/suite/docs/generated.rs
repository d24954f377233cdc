//! The tables of `docs/ARCHITECTURE.md` are generated from the sources.

use std::{collections::BTreeMap, fs, path::Path};

use super::{Text, files, root};
use crate::openapi::is_fresh;

#[test]
fn generated_tables_of_the_architecture_are_fresh() {
    let page = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let tables = [("ports", ports()), ("operations", operations()), ("tables", tables())];
    let page = tables.iter().fold(page, |page, (name, table)| with_table(&page, name, table));
    is_fresh("ARCHITECTURE.md", &page);
}

/// Replaces the table between the markers with this name.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: `make generate` -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}\n{table}\n{end}{after}")
}

fn ports() -> String {
    let sources = [sources("crates/backends/src"), sources("crates/server/src")].concat();
    let mut table = "| port | what it is | implemented by |\n|---|---|---|\n".to_owned();
    for file in sources_of_ports() {
        for (line, doc) in documented(&file.1) {
            let Some(name) = line.strip_prefix("pub trait ").map(word) else { continue };
            let by = sources.iter().flat_map(|(path, text)| implementers(path, text, name));
            table += &format!("| `{name}` | {doc} | {} |\n", by.collect::<Vec<_>>().join(", "));
        }
    }
    table
}

/// Returns the types that implement a port in a source file, with the first folder of its path.
fn implementers(path: &str, text: &str, port: &str) -> Vec<String> {
    let begin = format!("impl {port} for ");
    let types = text.lines().filter_map(|line| line.strip_prefix(&begin)?.strip_suffix(" {"));
    let folder = path.split('/').nth(3).unwrap();
    types.filter(|name| !name.contains('<')).map(|name| format!("`{folder}::{name}`")).collect()
}

fn operations() -> String {
    let mut table = "| operation | what it does | precondition |\n|---|---|---|\n".to_owned();
    for (_, text) in sources("crates/core/src/port/store") {
        let mut of = None;
        for (line, doc) in documented(&text) {
            if let Some(name) = line.strip_prefix("pub enum ").map(word) {
                of = Some(name).filter(|name| name.ends_with("Op"));
            } else if line == "}" {
                of = None;
            } else if let (Some(of), Some(variant), false) = (of, variant(line), doc.is_empty()) {
                let (what, requires) = without_precondition(&doc);
                let what = if what.is_empty() { "Changes nothing." } else { &what };
                let requires = if requires.is_empty() { "none" } else { &requires };
                table += &format!("| `{of}::{variant}` | {what} | {requires} |\n");
            }
        }
    }
    table
}

fn variant(line: &str) -> Option<&str> {
    let name = line.strip_prefix("    ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))?;
    Some(word(name))
}

/// Separates the sentence with the precondition from the others.
fn without_precondition(doc: &str) -> (String, String) {
    let (requires, others): (Vec<&str>, Vec<&str>) =
        doc.split_inclusive(". ").partition(|sentence| sentence.starts_with("Requires "));
    let requires = requires.concat().replace("Requires ", "");
    (others.concat().trim().to_owned(), requires.trim().trim_end_matches('.').to_owned())
}

fn tables() -> String {
    let [tables, collections] =
        ["sqlite/tables", "mongodb/collections"].map(|of| sources(&format!("crates/backends/src/{of}")));
    let names = files(&root().join("crates/backends/src/sqlite/migrations"), &|path| {
        path.extension().is_some_and(|end| end == "sql")
    });
    let names =
        names.iter().flat_map(|file| file.text.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ").map(word)));
    let mut rows = BTreeMap::new();
    for name in names {
        let uses = |text: &str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("INTO {name} "));
        let Some((file, text)) = tables.iter().find(|(_, text)| uses(text)) else {
            rows.insert(name, format!("| `{name}` | Kept for older versions. | | |\n"));
            continue;
        };
        let what: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        // New collections start with an underscore, which realm names cannot contain at that position.
        let names = [name.to_owned(), format!("_{name}")];
        let is_named = |name: &String| collections.iter().any(|(_, text)| text.contains(&format!("\"{name}\"")));
        let collection = names.iter().find(|name| is_named(name)).map(|name| format!("`{name}`"));
        let collection = collection.unwrap_or_else(|| "one for each realm, with its name".to_owned());
        let file = Path::new(file).file_name().unwrap().to_str().unwrap();
        rows.insert(name, format!("| `{name}` | {} | {collection} | `{file}` |\n", what.join(" ")));
    }
    let rows: String = rows.into_values().collect();
    format!("| table | content | collection | file in both backends |\n|---|---|---|---|\n{rows}")
}

/// Returns the sources below a folder, with paths relative to the repository.
fn sources(folder: &str) -> Vec<(String, String)> {
    let found = files(&root().join(folder), &|path| path.extension().is_some_and(|end| end == "rs"));
    found.into_iter().map(|Text { path, text }| (path.to_str().unwrap().to_owned(), text)).collect()
}

/// Returns the sources of the ports; the store traits come last.
fn sources_of_ports() -> Vec<(String, String)> {
    let mut found = sources("crates/core/src/port");
    found.sort_by_key(|(path, _)| path.contains("/store/"));
    found
}

/// Returns each line of code with the first paragraph of its documentation.
fn documented(source: &str) -> Vec<(&str, String)> {
    let (mut found, mut doc, mut is_first) = (Vec::new(), Vec::new(), true);
    for line in source.lines() {
        match line.trim_start().strip_prefix("///").map(str::trim) {
            Some("") => is_first = false,
            Some(text) if is_first => doc.push(text),
            Some(_) => {}
            None if line.trim_start().starts_with("#[") => {}
            None => {
                found.push((line, without_links(&std::mem::take(&mut doc).join(" "))));
                is_first = true;
            }
        }
    }
    found
}

fn without_links(doc: &str) -> String {
    doc.replace("[`", "`").replace("`]", "`")
}

/// Returns the identifier at the start of a text.
fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap()
}

#[test]
fn operations_are_read_with_their_preconditions() {
    let source = "/// Writes.\n#[derive(Debug)]\npub enum UserOp {\n    /// Inserts. Requires it\n    /// to be free.\n    ///\n    /// More.\n    Insert(User),\n}";
    let found = documented(source);
    let line = found.iter().find(|(line, _)| variant(line).is_some()).unwrap();
    assert_eq!((variant(line.0), line.1.as_str()), (Some("Insert"), "Inserts. Requires it to be free."));
    assert_eq!(without_precondition(&line.1), ("Inserts.".to_owned(), "it to be free".to_owned()));
}

#[test]
fn a_table_is_replaced_between_its_marks() {
    let page = "a\n<!-- x: `make generate` -->\n\nold\n<!-- end of x -->\nb\n";
    assert_eq!(with_table(page, "x", "new\n"), "a\n<!-- x: `make generate` -->\n\nnew\n\n<!-- end of x -->\nb\n");
}
