//! Every link has an existing target, and every page is linked.

use std::{collections::HashSet, fs};

use super::{Text, pages, root};

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let mut dead = Vec::new();
    let pages = pages();
    assert!(pages.len() > 20, "where are they?");
    for page in &pages {
        for link in links(page) {
            if !leads_somewhere(page, &link) {
                dead.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn every_page_of_the_documentation_is_in_its_contents_and_leads_back_there() {
    let pages = pages();
    let contents = pages.iter().find(|page| page.path.ends_with("docs/README.md")).unwrap();
    let listed: HashSet<String> = links(contents).into_iter().collect();
    let own = |page: &&Text| {
        page.path.starts_with("docs") && !page.path.starts_with("docs/decisions") && !page.path.ends_with("README.md")
    };
    for page in pages.iter().filter(own) {
        let path = page.path.strip_prefix("docs").unwrap();
        assert!(listed.contains(path.to_str().unwrap()), "docs/README.md does not list {}", path.display());
        let back = if path.components().count() == 1 { "README.md" } else { "../README.md" };
        assert!(links(page).iter().any(|link| link == back), "{} has no link to {back}", page.path.display());
    }
}

#[test]
fn headings_are_named_as_forges_name_them() {
    assert_eq!(anchor("A forgotten password"), "a-forgotten-password");
    assert_eq!(anchor("`POST /User1/login`, there and back"), "post-user1login-there-and-back");
    assert_eq!(anchor("[0.1.0] - unreleased"), "010---unreleased");
}

/// Returns the link targets of a page, in Markdown and in HTML.
fn links(page: &Text) -> Vec<String> {
    let prose = page.prose().collect::<Vec<_>>().join("\n");
    let marks = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')];
    let after = |(open, close)| {
        let ends = prose.split(open).skip(1).filter_map(move |rest| rest.split(close).next());
        ends.map(str::to_owned).collect::<Vec<_>>()
    };
    marks.into_iter().flat_map(after).filter(|link| !link.contains(' ')).collect()
}

fn leads_somewhere(page: &Text, link: &str) -> bool {
    if link.starts_with("https://") || link.starts_with("http://") || link.starts_with("mailto:") {
        return true;
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let from = root().join(&page.path);
    let target = if file.is_empty() { from } else { from.parent().unwrap().join(file) };
    let Some(heading) = heading else { return target.exists() };
    let Ok(text) = fs::read_to_string(&target) else { return false };
    let text = Text { path: target, text };
    text.prose().filter_map(title).any(|title| anchor(title) == heading)
}

fn title(line: &str) -> Option<&str> {
    line.starts_with('#').then(|| line.trim_start_matches('#').trim())
}

/// Returns the anchor of a heading.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}
