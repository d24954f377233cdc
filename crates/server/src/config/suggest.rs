//! What somebody meant who mistyped a name.

/// How many slips of the hand lie between two names, when it is so few that one is meant for the other: one slip in
/// four letters, and never more than three.
pub(crate) fn distance(typed: &str, known: &str) -> Option<usize> {
    let allowed = (typed.len().max(known.len()) / 4).clamp(1, 3);
    Some(strsim::osa_distance(typed, known)).filter(|distance| *distance <= allowed)
}

/// The known name that is closest, if any is close.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.into_iter().filter_map(|known| Some((distance(typed, known)?, known)));
    close.min().map(|(_, known)| known)
}
