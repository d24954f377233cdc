//! Realms: listing them, and ending all sessions of a realm.

use super::Administered;
use crate::{
    admin::{AdminRole, FreshVerb, Look, Manage},
    audit::Event,
    batch,
    error::{Error, Result},
    id::RealmName,
    port::UserQuery,
    realm::Signup,
    service::{FieldErrors, RawField},
};

/// A realm and the part of its policy that administrators can see.
#[derive(Debug)]
pub struct RealmStatus {
    pub name: String,
    pub signup: &'static str,
}

/// Number of users whose sessions are ended at a time.
const CHUNK: usize = 500;

impl Administered<'_, Look> {
    /// Returns the realm that a filter names, or all that the grants reach; `also` is one more.
    ///
    /// # Errors
    /// Returns `NotFound` for a realm that no grant reaches.
    pub(super) fn realms_named(&self, given: &RawField, also: Option<RealmName>) -> Result<Vec<RealmName>> {
        let grants = self.admin().grants();
        let reached = self.realms.names().filter(|name| grants.reach(AdminRole::Auditor, name)).cloned().chain(also);
        let named: Vec<RealmName> = match given {
            RawField::Missing => return Ok(reached.collect()),
            given => reached.filter(|name| Some(name.as_str()) == given.text()).collect(),
        };
        if named.is_empty() { Err(Error::not_found()) } else { Ok(named) }
    }

    /// Returns the realm. Returns `None` for the realm of administrators.
    #[must_use]
    pub fn realm_status(&self) -> Option<RealmStatus> {
        let realm = self.realms.get(self.realm.name.as_str())?;
        Some(RealmStatus { name: realm.name.to_string(), signup: word(realm.policy.signup) })
    }

    /// Returns the realms covered by the administrator's grants.
    #[must_use]
    pub fn realms_in_reach(&self) -> Vec<RealmStatus> {
        let grants = self.admin().grants();
        let names = self.realms.names().filter(|name| grants.reach(AdminRole::Auditor, name));
        let realms = names.filter_map(|name| self.realms.get(name.as_str()));
        realms.map(|realm| RealmStatus { name: realm.name.to_string(), signup: word(realm.policy.signup) }).collect()
    }
}

impl Administered<'_, Manage> {
    /// Ends all sessions of all users of the realm. Returns the number of sessions that were live.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the API key lacks the action, `Invalid` if
    /// the reason is missing, and `Unavailable` if the store fails, possibly after some sessions were ended.
    pub async fn end_all_sessions(&self, reason: &RawField) -> Result<usize> {
        self.fresh(FreshVerb::EndRealmSessions)?;
        let mut errors = FieldErrors::default();
        let reason = errors.reason(reason);
        let reason = errors.finish(reason)?;
        // The audit row is committed first, so that no session ends without one.
        self.commit(batch![self.audit(Event::RealmSessionsEnded).by(self.admin()).note(&reason)]).await?;
        let mut query = UserQuery::of(self.realm.name.clone(), self.ctx.now, CHUNK);
        let mut number = 0;
        loop {
            let users = self.ports.store.users_page(&query).await?;
            for user in &users {
                let sessions = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
                if !sessions.is_empty() {
                    number += sessions.iter().filter(|session| session.is_live(self.ctx.now)).count();
                    self.commit(batch![self.end_sessions(&user.id, None)]).await?;
                }
            }
            query.from = users.last().map(Into::into);
            if users.len() < CHUNK {
                break;
            }
        }
        tracing::info!(realm = %self.realm.name, number, "all sessions of a realm ended");
        Ok(number)
    }
}

const fn word(signup: Signup) -> &'static str {
    match signup {
        Signup::Open => "open",
        Signup::Invite => "invite",
        Signup::Closed => "closed",
    }
}
