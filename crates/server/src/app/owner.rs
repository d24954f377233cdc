//! The first owner.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use portcullis_core::{Ctx, limit::Usage};

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
}
