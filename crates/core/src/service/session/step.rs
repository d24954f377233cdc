//! Second stage of a login: is the proof enough to open a session?

use super::{Sessions, prove::OpenedUser};
use crate::session::Amr;

/// A login that may open a session. Only [`Sessions::step`] makes one.
pub(super) struct Passed {
    pub(super) owner: OpenedUser,
    pub(super) amr: Vec<Amr>,
}

impl Sessions<'_> {
    /// Decides what a proved identity may do. One factor is enough for every account today.
    #[allow(clippy::unused_self, reason = "the decision belongs to the realm and the request")]
    pub(super) fn step(&self, owner: OpenedUser, amr: Amr) -> Passed {
        Passed { owner, amr: vec![amr] }
    }
}
