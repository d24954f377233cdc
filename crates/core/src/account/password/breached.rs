//! The most common passwords in public breaches.

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Lower-case passwords, one per line, sorted by bytes. `breached.md` documents the source and its licence.
static LIST: &str = include_str!("breached.txt");

static SORTED: LazyLock<Box<[&'static str]>> = LazyLock::new(|| LIST.lines().collect());

/// Returns whether the password is on the list, ignoring case.
pub(super) fn contains(password: &str) -> bool {
    let lowered = Zeroizing::new(password.to_lowercase());
    SORTED.binary_search(&lowered.as_str()).is_ok()
}
