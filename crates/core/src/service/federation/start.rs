//! `me/identities/{provider}/start`: the URL that starts linking an external account in a browser.

use super::Federation;
use crate::{
    error::{
        Error, Result,
        catalogue::{NOT_FOUND, SOCIAL_INVALID},
    },
    federation::{FlowPurpose, LinkingUrl},
    id::SessionId,
    port::{Batch, Precondition, RecordOp},
    record::{Record, RecordKeys},
    service::{Owner, RawField},
};

impl Federation<'_> {
    /// Returns a single-use URL to open in a browser. Nothing is stored.
    ///
    /// # Errors
    /// Returns `NotFound` for an unknown provider, `Stale` if the login is too old or too weak, and `Forbidden` for a
    /// wrong password.
    pub async fn link_url(&self, owner: &Owner, current: &RawField, provider: &str) -> Result<String> {
        let owner = self.fresh(owner, current).await?;
        let provider = self.provider(provider).filter(|provider| provider.is_for_browsers()).ok_or(NOT_FOUND)?;
        let start = LinkingUrl::new(self.ctx, &provider.name, &owner.account().id, owner.session());
        let sealed = start.seal(self.ctx, &self.realm.keys).ok_or_else(|| Error::internal("a URL is too long"))?;
        Ok(format!("{}/{}/social/{}/start?link={sealed}", self.settings.public_url, self.realm.name, provider.name))
    }

    /// Uses such a URL up, and returns the purpose of the flow.
    ///
    /// # Errors
    /// Returns `BadLink` if the URL is for another provider, was used or has expired, or if the requesting session
    /// has ended.
    pub async fn use_link_url(&self, provider: &str, link: &str) -> Result<FlowPurpose> {
        let start = LinkingUrl::open(self.ctx.now, &self.realm.keys, link).ok_or(SOCIAL_INVALID)?;
        let session = SessionId::parse(&start.session).ok_or(SOCIAL_INVALID)?;
        let session = self.ports.store.session(&self.realm.name, &session).await?;
        let is_live = session.is_some_and(|session| session.is_live(self.ctx.now));
        let spent = start.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let batch: Batch = vec![RecordOp::Insert(spent).into()];
        let is_right = start.provider == provider && is_live;
        if is_right && self.commit_unless(batch, &[Precondition::RecordFree]).await? {
            Ok(FlowPurpose::Link { user: start.user })
        } else {
            Err(SOCIAL_INVALID.into())
        }
    }
}
