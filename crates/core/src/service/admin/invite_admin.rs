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

/// How the link reaches the administrator.
const DELIVERIES: [&str; 2] = ["mail", "answer"];

impl Administered<'_, Administer> {
    /// Invites an administrator. The link is mailed; only on the machine it can be returned instead.
    ///
    /// # Errors
    /// Stale; forbidden, for a key or for a link elsewhere; invalid; conflict, if the address is taken; limited; unavailable.
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

    /// Mails the link of an invitation again; the older one is invalid.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; not found; conflict, unless it is an invitation; limited; unavailable.
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
