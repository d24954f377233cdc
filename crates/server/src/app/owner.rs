//! The first owner.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use portcullis_core::{Ctx, limit::Usage, link::LinkToken};

use super::App;
use crate::http::Shared;

impl App {
    /// Returns whether administration is enabled and has no owner yet.
    ///
    /// # Errors
    /// Returns an error if the store is unavailable.
    #[must_use]
    pub fn lacks_owner(&self) -> BoxFuture<'_, Result<bool, portcullis_core::Error>> {
        let Shared { service, clock, random, admin, .. } = &self.shared;
        let ctx = Ctx::new(&**clock, Arc::clone(random), Default::default());
        async move {
            let usage = Usage::default();
            Ok(admin.is_on && !service.administration(&ctx, &usage)?.has_owner().await?)
        }
        .boxed()
    }

    /// Creates the link to the setup page. It works once, within 30 minutes, and must not be logged.
    ///
    /// # Errors
    /// Returns an error if the store is unavailable.
    #[must_use]
    pub fn first_owner_link(&self) -> BoxFuture<'_, Result<FirstOwnerLink, portcullis_core::Error>> {
        let Shared { service, clock, random, info, .. } = &self.shared;
        let ctx = Ctx::new(&**clock, Arc::clone(random), Default::default());
        async move {
            let usage = Usage::default();
            let token = service.administration(&ctx, &usage)?.begin_first_owner().await?;
            Ok(FirstOwnerLink { page: format!("{}/admin/setup", info.base_url), token })
        }
        .boxed()
    }
}

/// Link to the page that creates the first owner.
#[derive(Debug)]
pub struct FirstOwnerLink {
    page: String,
    token: LinkToken,
}

impl FirstOwnerLink {
    /// Returns the URL, for a terminal.
    #[must_use]
    pub fn expose(&self) -> String {
        // What follows `#` is not sent to any server.
        format!("{}#{}", self.page, self.token.expose())
    }
}
