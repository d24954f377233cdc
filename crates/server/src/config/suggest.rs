//! Suggestions for misspelt names.

/// Returns the edit distance of two names if one is likely to be a misspelling of the other: at most one edit per four
/// letters, and at most three.
pub(crate) fn distance(typed: &str, known: &str) -> Option<usize> {
    let allowed = (typed.len().max(known.len()) / 4).clamp(1, 3);
    // Each character more or less is an edit. This decides for nearly all of the variables of other programs.
    if typed.chars().count().abs_diff(known.chars().count()) > allowed {
        return None;
    }
    Some(strsim::osa_distance(typed, known)).filter(|distance| *distance <= allowed)
}

/// Returns the known name closest to the typed one, if it is close enough.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.into_iter().filter_map(|known| Some((distance(typed, known)?, known)));
    close.min().map(|(_, known)| known)
}
