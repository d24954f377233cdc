//! `GET …/users/{id}`: reads one user.

use super::{Administered, UserSheet};
use crate::{
    admin::{Look, Manage},
    audit::Event,
    batch,
    error::Result,
    limit::LimitKind,
    service::{admin::subject::Subject, kernel::AuditDraft},
};

impl Administered<'_, Look> {
    /// Returns a user and records the access in the audit trail.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Limited` if a support administrator has read too many users,
    /// and `Unavailable` if the store fails.
    pub async fn show(&self, id: &str) -> Result<UserSheet> {
        self.charge_reads(1).await?;
        let subject = self.subject(id).await?;
        let sheet = self.sheet(&subject).await?;
        self.commit(batch![self.about(Event::ProfileRead, &subject)]).await?;
        Ok(sheet)
    }
}

impl<R: crate::admin::Right> Administered<'_, R> {
    /// Charges users that a support administrator reads or finds to a limit that spans all realms.
    ///
    /// # Errors
    /// Returns `Limited` if the limit is reached.
    pub(super) async fn charge_reads(&self, number: usize) -> Result<()> {
        if self.is_masked() || self.permit.has::<Manage>() {
            return Ok(());
        }
        self.charge_support(number).await
    }

    /// Charges users read or found by an administrator with only the role `support`.
    ///
    /// # Errors
    /// Returns `Limited` if a limit is reached.
    pub(super) async fn charge_support(&self, number: usize) -> Result<()> {
        let (kind, quota) = (LimitKind::AdminReads, self.settings.limits.admin_reads);
        let actor = self.admin().actor();
        let subject = actor.id.unwrap_or_default();
        let key = crate::limit::LimitKey::in_realm(&self.realms.admin()?.keys, kind, &[subject.as_bytes()]);
        for _ in 0..number {
            self.charge(kind, key, quota).await?;
        }
        Ok(())
    }

    /// Starts the audit row of an event about a subject.
    pub(super) fn about(&self, event: Event, subject: &Subject) -> AuditDraft<'_> {
        let audit = self.audit(event);
        let audit = match subject {
            Subject::User(user) => audit.user(&**user),
            Subject::Unverified(registration) => audit.user(&**registration),
            Subject::Invited(_, invitation) => audit.index(invitation.index),
        };
        audit.by(self.admin())
    }
}
