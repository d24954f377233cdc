//! The passwords that everyone tries first: the most common ones of public breaches.

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Lower-cased, one a line, sorted by bytes; `breached.md` names its source and licence.
static LIST: &str = include_str!("breached.txt");

static SORTED: LazyLock<Box<[&'static str]>> = LazyLock::new(|| LIST.lines().collect());

/// Whether the password, in whatever case, is one of the most common breached ones.
pub(super) fn contains(password: &str) -> bool {
    let lowered = Zeroizing::new(password.to_lowercase());
    SORTED.binary_search(&lowered.as_str()).is_ok()
}
