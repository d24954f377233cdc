//! Undo of a password change.

use super::Accounts;
use crate::{
    audit::Event,
    error::Result,
    id::UserId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::Batch,
};

impl Accounts<'_> {
    /// Creates the challenge for the link that undoes a password change.
    pub(super) fn password_undo(&self, user: &UserId) -> Challenge {
        let window = self.realm.policy.email_undo_window;
        let challenge = Challenge::new(self.ctx, &self.realm.name, Purpose::PasswordUndo, user, window);
        Challenge { expires_at: self.ctx.now.plus(window), ..challenge }
    }

    /// Returns the operations that undo a password change: the new password can no longer be used to sign in.
    ///
    /// # Errors
    /// Returns `BadLink` if the user no longer exists, `Unavailable` if the store fails, and `Internal` if data cannot
    /// be decrypted or serialized.
    pub(super) async fn undone_password(&self, challenge: &Challenge) -> Result<Batch> {
        let (user, key) = self.undo_subject(challenge).await?;
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?);
        let event = Event::PasswordChangeUndone;
        self.compromise(challenge, user, MessageKind::PasswordChangeRequired, &recipient, event)
    }
}
