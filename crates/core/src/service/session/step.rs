//! Second stage of a login: decides whether the proof is enough to open a session.

use super::{Sessions, prove::OpenedUser};
use crate::session::Amr;

/// Login that may open a session. Only [`Sessions::step`] makes one.
pub(super) struct Passed {
    pub(super) owner: OpenedUser,
    pub(super) amr: Vec<Amr>,
}

impl Sessions<'_> {
    /// Decides whether a proved identity may open a session. Today one factor is enough for every account.
    #[allow(clippy::unused_self, reason = "the decision belongs to the realm and the request")]
    pub(super) fn step(&self, owner: OpenedUser, amr: Amr) -> Passed {
        Passed { owner, amr: vec![amr] }
    }
}
