//! Audit rows of requests rejected by the admin API.

use super::{Administrator, Scope};
use crate::{
    admin::AdminRole,
    audit::Event,
    error::{
        ErrorKind,
        catalogue::{ADMIN_SIGN_IN, PASSWORD_WRONG},
    },
    realm::Realm,
};

/// A rejected request.
#[derive(Debug)]
pub struct RefusedRequest<'a> {
    /// Administrator who sent it, if the credentials were valid.
    pub admin: Option<&'a Administrator>,
    /// Whether it contained credentials.
    pub is_presented: bool,
    pub kind: ErrorKind,
    pub code: &'static str,
    /// Method and path, without parameter values.
    pub route: &'a str,
    /// Realm in the path.
    pub realm: Option<&'a str>,
}

impl Scope<'_> {
    /// Records a request that was rejected because of credentials, authority, state or a limit, unless the operation
    /// has recorded it. The row belongs to the realm in the path, so that administrators of the realm see who was
    /// rejected there.
    pub async fn note_refused_request(&self, refused: &RefusedRequest<'_>) {
        let realm = refused.realm.and_then(|name| self.realms.get(name));
        let scope = Scope { realm: realm.map_or(self.realm, |realm| &**realm), ..*self };
        let is_limited = matches!(refused.kind, ErrorKind::Limited(_));
        let audit = match self.usage.take_refusal().filter(|_| is_limited) {
            Some((kind, setting)) => scope.audit(Event::LimitReached).rule(kind, setting),
            None if refused.is_to_be_recorded(scope.realm) => {
                scope.audit(Event::AdminRefused).reason(refused.code).detail("route", refused.route)
            }
            None => return,
        };
        let audit = match refused.admin {
            Some(admin) => audit.by(admin),
            None => audit,
        };
        // The request is rejected even if its row cannot be written.
        if let Err(error) = self.commit(self.refused(audit).into_iter().collect()).await {
            tracing::debug!(%error, "rejection not recorded");
        }
    }
}

impl RefusedRequest<'_> {
    fn is_to_be_recorded(&self, realm: &Realm) -> bool {
        match self.kind {
            ErrorKind::NoCredentials => self.is_presented && self.code == ADMIN_SIGN_IN.code,
            // Wrong passwords are recorded separately.
            ErrorKind::Forbidden => self.is_presented && self.code != PASSWORD_WRONG.code,
            ErrorKind::Stale { .. } | ErrorKind::Conflict => self.admin.is_some(),
            // Realms without a grant do not exist for the caller.
            ErrorKind::NotFound => {
                let is_within = |admin: &Administrator| admin.grants().reach(AdminRole::Impersonate, &realm.name);
                self.realm == Some(realm.name.as_str()) && self.admin.is_some_and(|admin| !is_within(admin))
            }
            _ => false,
        }
    }
}
