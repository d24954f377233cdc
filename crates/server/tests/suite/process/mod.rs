//! The real program: how it starts without settings, what it prints, how it stops.

mod database;
mod greeting;
mod listeners;
mod log;
mod proxies;
mod readme;
mod start;
mod stop;
mod verbs;

use std::fs;

use crate::support::process::Ended;

fn good(ended: Ended) -> Ended {
    assert!(ended.status.success(), "{ended:?}");
    ended
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}
