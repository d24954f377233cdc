use super::{Fault, PlacedEntry, StoredBlock, block::mark};

/// Finds the first differing row of a block with a wrong digest, and how it differs.
pub(super) fn diagnosis(stored: &StoredBlock, rows: &[PlacedEntry]) -> (Fault, Option<u64>) {
    let (expected, first) = (stored.marks(), stored.block.first);
    let found: Vec<_> = rows.iter().map(|row| mark(&row.entry)).collect();
    let at = |place: usize| Some(first + place as u64);
    let is_missing = (rows.len() as u64) < stored.block.count;
    if expected.is_empty() {
        let gap = (first..).zip(rows).position(|(position, row)| row.position != Some(position));
        let gap = gap.or_else(|| is_missing.then_some(rows.len()));
        let fault = match (rows.len() as u64).cmp(&stored.block.count) {
            std::cmp::Ordering::Less => Fault::RowRemoved,
            std::cmp::Ordering::Equal => Fault::RowChanged,
            std::cmp::Ordering::Greater => Fault::RowAdded,
        };
        return (fault, gap.and_then(at));
    }
    let differs = (0..expected.len().max(found.len())).find(|place| expected.get(*place) != found.get(*place));
    let Some(place) = differs else {
        // The contents match, so the positions differ.
        let moved = (first..).zip(rows).position(|(position, row)| row.position != Some(position));
        return (Fault::RowChanged, moved.and_then(at));
    };
    let fault = if is_missing {
        Fault::RowRemoved
    } else if found.len() > expected.len() {
        Fault::RowAdded
    } else {
        Fault::RowChanged
    };
    (fault, at(place))
}
