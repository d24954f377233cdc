//! `POST …/users/{id}/invite`: a new link for an invitation; the older one is invalid.

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
    /// Mails a new link of an invitation, which is valid from now.
    ///
    /// # Errors
    /// Not found; conflict, unless it is an invitation; limited; unavailable.
    pub async fn invite_again(&self, id: &str) -> Result<UserSheet> {
        let Subject::Invited(row, invitation) = self.subject(id).await? else { return Err(USER_STATUS.into()) };
        let (row, invitation) = self.renew(&row, *invitation, Some(MessageKind::Invitation)).await?;
        self.sheet(&Subject::Invited(row, Box::new(invitation))).await
    }
}

impl<R: Right> Administered<'_, R> {
    /// Commits a new link of an invitation.
    ///
    /// # Errors
    /// Conflict, if it changed meanwhile; limited; unavailable; internal.
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
