//! `GET …/users/{id}/grants`: consents of a user.

use super::{Administered, subject::Subject};
use crate::{admin::Look, audit::Event, batch, error::Result, service::ListedGrant};

impl Administered<'_, Look> {
    /// Returns the consents of a user to third-party clients, newest first. Registrations and invitations have none.
    /// Records the access in the audit trail.
    ///
    /// # Errors
    /// Returns `Limited` if a support administrator has read too many users, `NotFound` if the user does not exist, and
    /// `Unavailable` if the store fails.
    pub async fn grants_of_user(&self, id: &str) -> Result<Vec<ListedGrant>> {
        self.charge_reads(1).await?;
        let subject = self.subject(id).await?;
        let grants = match &subject {
            Subject::User(user) => self.listed_grants(user).await?,
            Subject::Invited(..) | Subject::Unverified(_) => Vec::new(),
        };
        self.commit(batch![self.about(Event::ProfileRead, &subject)]).await?;
        Ok(grants)
    }
}
