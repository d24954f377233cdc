//! The most common passwords of public breaches.

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Passwords in lower case, one per line, sorted by bytes. `breached.md` names the source and its licence.
static LIST: &str = include_str!("breached.txt");

static SORTED: LazyLock<Box<[&'static str]>> = LazyLock::new(|| LIST.lines().collect());

/// Returns whether the password, regardless of case, is on the list.
pub(super) fn contains(password: &str) -> bool {
    let lowered = Zeroizing::new(password.to_lowercase());
    SORTED.binary_search(&lowered.as_str()).is_ok()
}
