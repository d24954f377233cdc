//! Messages about unknown setting names.

use crate::config::fix::Fix;

/// Returns the end of the message: the closest known name, if there is one.
pub(super) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `portcullis --help` lists all settings".to_owned(),
        |nearest| format!("; did you mean `{nearest}`?"),
    )
}

/// Returns the message that a setting can only be set server-wide, with the closest per-realm setting.
pub(super) fn server_wide(name: &str, nearest: Option<&str>) -> String {
    let nearest = nearest.map(|nearest| format!("; did you mean `{nearest}`?"));
    format!("cannot be set for one realm: {name} is server-wide{}", nearest.unwrap_or_default())
}

/// Returns the fix for an unknown name.
pub(super) fn rename(name: &str, nearest: Option<&str>) -> Fix {
    Fix::Do(nearest.map_or_else(|| format!("remove {name}"), |nearest| format!("write {nearest} instead of {name}")))
}
