//! Metadata and keys of OpenID Connect providers.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Federation;
use crate::{
    error::{Error, Result, catalogue::SOCIAL_UNAVAILABLE},
    federation::{BadIdToken, Discovery, ExpectedNonce, IdClaims, IdTokenCheck, KeySet, Known, Provider, Read, Wanted},
    port::{Authorization, FetchRequest, Fetched},
};

impl Federation<'_> {
    /// Returns the metadata and keys of a provider. They are fetched again every hour, and when a token has an
    /// unknown key ID, but at most once a minute. If a fetch fails, the previous ones remain in use. Only one request
    /// fetches them, while others wait.
    ///
    /// # Errors
    /// Returns `Unavailable` if the provider does not respond and nothing is cached.
    pub(super) async fn known(&self, provider: &Provider, wanted: Wanted<'_>) -> Result<Arc<Known>> {
        let (realm, now) = (&self.realm.name, self.ctx.now);
        let slot = self.kernel.providers.of(realm, &provider.name);
        let _turn = match (slot.try_turn(), slot.at_hand(wanted)) {
            (Some(turn), _) => turn,
            (None, Some(known)) => return Ok(known),
            (None, None) => slot.turn().await,
        };
        let last = match slot.read(wanted, now) {
            Read::Use(known) => return Ok(known),
            Read::Pause => return Err(SOCIAL_UNAVAILABLE.because("the provider failed a moment ago")),
            Read::Again(last) => last,
        };
        match (self.discover(provider).await, last) {
            (Ok((document, keys)), _) => Ok(slot.put(Known::new(document, keys, now))),
            (Err(error), Some(last)) => {
                let cause = error.cause().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(realm = %realm, provider = provider.name, error = cause, "provider keys not refreshed");
                Ok(last)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Verifies an ID token of a provider.
    ///
    /// # Errors
    /// Returns `Unavailable` if the provider does not respond.
    pub(super) async fn verified(
        &self,
        provider: &Provider,
        token: &str,
        audience: &[String],
        nonce: ExpectedNonce<'_>,
    ) -> Result<Result<IdClaims, BadIdToken>> {
        let kid = match IdTokenCheck::kid(token) {
            Ok(kid) => kid,
            Err(why) => return Ok(Err(why)),
        };
        let verify = |known: &Known| {
            let (document, keys, now) = (&known.document, &known.keys, self.ctx.now);
            IdTokenCheck { provider, document, keys, audience, nonce, now }.verify(token)
        };
        let wanted = kid.as_deref().map_or(Wanted::Recent, Wanted::Key);
        match verify(&*self.known(provider, wanted).await?) {
            // The token has no key ID, so the provider may have a new key.
            Err(BadIdToken::Key | BadIdToken::Signature) if kid.is_none() => {
                Ok(verify(&*self.known(provider, Wanted::Other).await?))
            }
            verified => Ok(verified),
        }
    }

    async fn discover(&self, provider: &Provider) -> Result<(Discovery, KeySet)> {
        let answer = self.send(provider, get(Discovery::url(provider))).await?;
        let document = Discovery::read(provider, &answer.body).map_err(|why| SOCIAL_UNAVAILABLE.because(why))?;
        let answer = self.send(provider, get(document.jwks_uri.clone())).await?;
        let keys = KeySet::read(&answer.body).ok_or_else(|| SOCIAL_UNAVAILABLE.because("the keys are unreadable"))?;
        Ok((document, keys))
    }

    /// Sends a request to a provider.
    ///
    /// # Errors
    /// Returns `Unavailable` if there is no response or the provider reports a server error.
    pub(super) async fn send(&self, provider: &Provider, request: FetchRequest) -> Result<Fetched> {
        let trusted = provider.trusted_url().map(str::to_owned);
        let answer = self.ports.fetch.fetch(FetchRequest { trusted, ..request }).await;
        let answer = answer.map_err(|why| SOCIAL_UNAVAILABLE.because(why))?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(SOCIAL_UNAVAILABLE.because(format!("the provider answered {}", answer.status)))
        }
    }

    /// Parses a response of a provider.
    ///
    /// # Errors
    /// Returns `Unavailable` if it is unreadable.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Fetched) -> Result<T, Error> {
        // The parser's error is dropped, because it may quote the response.
        serde_json::from_slice(&answer.body).map_err(|_| SOCIAL_UNAVAILABLE.because("the answer is unreadable"))
    }
}

/// Creates a GET request without credentials.
pub(super) const fn get(url: String) -> FetchRequest {
    FetchRequest { url, trusted: None, form: None, authorization: Authorization::None }
}
