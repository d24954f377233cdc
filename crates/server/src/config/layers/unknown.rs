//! The words about a name that is no setting.

use crate::config::fix::Fix;

/// Returns the end of the message: the name that was probably meant.
pub(super) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `portcullis --help` lists all settings".to_owned(),
        |nearest| format!("; did you mean `{nearest}`?"),
    )
}

/// Returns what fixes the name.
pub(super) fn rename(name: &str, nearest: Option<&str>) -> Fix {
    Fix::Do(nearest.map_or_else(|| format!("take {name} out"), |nearest| format!("write {nearest} instead of {name}")))
}
