//! Public texts of errors.

use std::{collections::BTreeSet, fs};

use super::sources::{root, rust_files};

#[test]
fn each_public_text_of_a_refusal_is_in_one_file() {
    fn details(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(text) if name == "detail" || name == "error_description" => {
                    found.insert(text.to_owned());
                }
                _ => details(value, found),
            }
        }
        value.as_array().into_iter().flatten().for_each(|value| details(value, found));
    }
    let mut texts = BTreeSet::new();
    details(&portcullis::openapi(&["User1"], ""), &mut texts);
    // The catalogue also contains texts that are not part of the description.
    let catalogue = root().join("crates/core/src/error/catalogue.rs");
    let catalogue = fs::read_to_string(catalogue).unwrap();
    let code = catalogue.lines().filter(|line| !line.trim_start().starts_with("//"));
    let literals = code.flat_map(|line| line.split('"').skip(1).step_by(2));
    texts.extend(literals.filter(|literal| literal.contains(' ')).map(str::to_owned));
    assert!(texts.len() > 35, "{texts:?}");

    let folders = ["crates/core/src", "crates/backends/src", "crates/server/src"];
    let paths = folders.into_iter().flat_map(|folder| rust_files(&root().join(folder)));
    let files: Vec<_> = paths.map(|path| fs::read_to_string(path).unwrap()).collect();
    for text in texts {
        let in_code = |file: &&String| file.lines().any(|l| l.contains(&text) && !l.trim_start().starts_with("//"));
        assert!(files.iter().filter(in_code).count() <= 1, "{text:?} is in more than one file");
    }
}
