//! `POST …/users/{id}/invite`: resends an invitation with a new link, which invalidates the previous one.

use super::{Administered, UserSheet, subject::Subject};
use crate::{
    admin::{Invitation, Manage, Right},
    audit::Event,
    batch,
    error::{Result, catalogue::USER_STATUS},
    message::MessageKind,
    port::{ChallengeOp, RecordOp},
    record::{Record, RecordKeys, RecordRow},
};

impl Administered<'_, Manage> {
    /// Emails a new link for an invitation, valid from now.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Conflict` if it is not an invitation, `Limited` if a limit is
    /// reached, and `Unavailable` if the store fails.
    pub async fn invite_again(&self, id: &str) -> Result<UserSheet> {
        let Subject::Invited(row, invitation) = self.subject(id).await? else { return Err(USER_STATUS.into()) };
        let (row, invitation) = self.renew(&row, *invitation, Some(MessageKind::Invitation)).await?;
        self.sheet(&Subject::Invited(row, Box::new(invitation))).await
    }
}

impl<R: Right> Administered<'_, R> {
    /// Commits a new link for an invitation.
    ///
    /// # Errors
    /// Returns `Conflict` if the invitation changed concurrently, `Limited` if a limit is reached, `Unavailable` if
    /// the store fails, and `Internal` if the mail cannot be serialised.
    pub(super) async fn renew(
        &self,
        row: &RecordRow,
        invitation: Invitation,
        kind: Option<MessageKind>,
    ) -> Result<(RecordRow, Invitation)> {
        let realm = &self.realm.name;
        let challenge = self.accounts().invitation_challenge(&invitation.user);
        let invitation = Invitation { challenge: challenge.id, expires_at: challenge.expires_at, ..invitation };
        let sealed = invitation.seal(self.ctx, realm, RecordKeys::Realm(&self.realm.keys));
        let sealed = RecordRow { revision: row.revision + 1, ..sealed };
        let audit = self.audit(Event::UserInvited).index(invitation.index).by(self.admin());
        let batch = batch![
            ChallengeOp::Drop { realm: realm.clone(), subject: invitation.user.clone(), purpose: None },
            RecordOp::Replace(sealed.clone()),
            ChallengeOp::Insert(challenge),
            audit.detail("again", true),
        ];
        self.commit_invitation(&invitation, kind, (batch, USER_STATUS)).await?;
        Ok((sealed, invitation))
    }
}
