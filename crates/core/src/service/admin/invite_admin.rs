//! Invitations of administrators.

use super::{Administered, ListedAdmin, admins::invited, subject::Subject};
use crate::{
    account::{Profile, email::EmailAddress},
    admin::{Administer, Invitation},
    audit::Event,
    error::{
        Result,
        catalogue::{ADMIN_FORBIDDEN, USER_STATUS},
    },
    id::UserId,
    link::LinkAction,
    message::MessageKind,
    service::{FieldErrors, RawField},
};

/// Accepted ways to deliver the link.
const DELIVERIES: [&str; 2] = ["mail", "answer"];

impl Administered<'_, Administer> {
    /// Invites an administrator. The link is emailed. Only the command line can request it in the response.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key or if a link is requested
    /// outside the command line, `Invalid` if a field is invalid, `Conflict` if the address is taken,
    /// `Limited` if a limit is reached, and `Unavailable` if the store fails.
    pub async fn invite_admin(
        &self,
        email: &RawField,
        grants: &RawField,
        deliver: &RawField,
        errors: FieldErrors,
    ) -> Result<ListedAdmin> {
        self.fresh_to_administer()?;
        let mut errors = errors;
        let email = errors.email("email", email);
        let grants = errors.grants(grants);
        let deliver = errors.one_of("deliver", deliver, &DELIVERIES);
        let all = email.zip(grants).zip(deliver);
        let ((email, grants), deliver) = errors.finish(all)?;
        let user = UserId::random(self.ctx.random());
        let challenge = self.accounts().invitation_challenge(&user);
        let index = email.blind_index(&self.realm.keys);
        self.require_free(index).await?;
        let invitation = Invitation {
            index,
            user,
            profile: bare(email),
            roles: Vec::new(),
            grants,
            challenge: challenge.id,
            created_at: self.ctx.now,
            expires_at: challenge.expires_at,
        };
        let is_answered = deliver == "answer";
        if is_answered && !self.admin().is_on_machine() {
            return Err(ADMIN_FORBIDDEN.into());
        }
        let url = is_answered.then(|| self.link("reset_password_form", LinkAction::Invite, &challenge));
        let kind = (!is_answered).then_some(MessageKind::AdminInvitation);
        let subject = self.insert_invitation(invitation, challenge, kind, Event::AdminInvited).await?;
        let Subject::Invited(row, invitation) = subject else { return Err(USER_STATUS.into()) };
        tracing::info!(user = %invitation.user, "administrator invited");
        Ok(invited(&row, &invitation, url))
    }

    /// Emails a new link for an invitation, which invalidates the previous one.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key, `NotFound` if the invitation
    /// does not exist, `Conflict` if it is not an invitation, `Limited` if a limit is reached, and `Unavailable` if
    /// the store fails.
    pub async fn invite_admin_again(&self, id: &str) -> Result<ListedAdmin> {
        self.refuse_keys()?;
        let subject = self.subject(id).await?;
        self.fresh_to_administer()?;
        let Subject::Invited(row, invitation) = subject else { return Err(USER_STATUS.into()) };
        let (row, invitation) = self.renew(&row, *invitation, Some(MessageKind::AdminInvitation)).await?;
        Ok(invited(&row, &invitation, None))
    }
}

fn bare(email: EmailAddress) -> Profile {
    Profile {
        email,
        first_name: None,
        last_name: None,
        phone: None,
        country: None,
        locale: None,
        attributes: Default::default(),
    }
}
