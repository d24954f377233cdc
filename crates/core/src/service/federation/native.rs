//! `social/{provider}/nonce`, and `token` with an ID token: sign-in of applications that use a provider's SDK.

use super::{Federation, arrive::Arrived};
use crate::{
    audit::Event,
    error::{
        Error, Result,
        catalogue::{NOT_FOUND, SIGNUP_CLOSED, SOCIAL_INCOMPLETE, SOCIAL_INTERACTION, SOCIAL_REFUSED},
    },
    federation::{BadIdToken, ExpectedNonce, NativeNonce, ProvedIdentity, Provider},
    limit::LimitKind,
    port::{Batch, Op, Precondition, RecordOp},
    record::{Record, RecordKeys},
    service::{Entry, RawField},
};

/// Token type identifier (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// Token exchange request as received.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub provider: &'a RawField,
    /// ID token issued by the provider.
    pub token: &'a RawField,
    pub token_type: &'a RawField,
    pub nonce: &'a RawField,
    /// Device identifiers sent by the client. One may match a known device of the account.
    pub devices: &'a [RawField],
}

/// Reason why an exchange was rejected.
enum Refused {
    Token(BadIdToken),
    Nonce,
    /// The nonce, and with it the token, is already used.
    Spent,
}

impl Refused {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Token(why) => why.as_str(),
            Self::Nonce => "nonce",
            Self::Spent => "repeated",
        }
    }
}

impl Federation<'_> {
    /// Issues a nonce for an ID token of a provider. Nothing is stored.
    ///
    /// # Errors
    /// Returns `NotFound` if the provider is unknown, and `Limited` if a limit is reached.
    pub async fn native_nonce(&self, provider: &str) -> Result<NativeNonce> {
        let provider = self.native_provider(provider).ok_or(NOT_FOUND)?;
        self.charge_client(LimitKind::Authorize, self.settings.limits.authorize_client).await?;
        Ok(NativeNonce::issue(self.ctx, &self.realm.keys, &provider.name))
    }

    /// Logs in with an ID token of a provider. A token can be used once.
    ///
    /// # Errors
    /// Returns `Malformed` if a parameter is missing, `Refused` whatever the reason, `Forbidden` if a page is required
    /// or sign-up is closed, `Limited` if a limit is reached, and `Unavailable` if the store fails.
    pub async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Entry> {
        let given = (exchange.provider.text(), exchange.token.text(), exchange.nonce.text());
        let (Some(name), Some(token), Some(nonce)) = given else { return Err(SOCIAL_INCOMPLETE.into()) };
        if exchange.token_type.text() != Some(ID_TOKEN) {
            return Err(SOCIAL_INCOMPLETE.into());
        }
        self.charge_client(LimitKind::Authorize, self.settings.limits.authorize_client).await?;
        let provider = self.native_provider(name).ok_or(SOCIAL_REFUSED)?;
        let nonce = match NativeNonce::open(&self.realm.keys, &provider.name, nonce, self.ctx.now) {
            Some(nonce) => nonce,
            None => return self.refuse(provider, &Refused::Nonce).await,
        };
        let proved = match self.proved_by(provider, token, &nonce).await? {
            Ok(proved) => proved,
            Err(why) => return self.refuse(provider, &Refused::Token(why)).await,
        };
        let spent = nonce.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let spend: Op = RecordOp::Insert(spent).into();
        let refusal = match self.arrive(provider, &proved, Some(spend.clone()), exchange.devices).await? {
            Arrived::Entered(entry) => return Ok(entry),
            Arrived::AlreadyUsed => return self.refuse(provider, &Refused::Spent).await,
            Arrived::SignupClosed => SIGNUP_CLOSED,
            Arrived::Taken | Arrived::Reserved | Arrived::Unproved | Arrived::Incomplete => SOCIAL_INTERACTION,
        };
        // Rejected tokens are marked as used too, because a retry would send the same mails again.
        self.commit_unless(Batch::from_iter([spend]), &[Precondition::RecordFree]).await?;
        Err(refusal.into())
    }

    /// Returns the provider with this name, if applications may exchange its ID tokens.
    fn native_provider(&self, name: &str) -> Option<&Provider> {
        self.provider(name).filter(|provider| provider.is_native())
    }

    async fn proved_by(
        &self,
        provider: &Provider,
        token: &str,
        nonce: &NativeNonce,
    ) -> Result<Result<ProvedIdentity, BadIdToken>> {
        let text = nonce.to_text();
        let nonce = ExpectedNonce::PlainOrHashed(&text);
        let claims = self.verified(provider, token, &provider.native_client_ids, nonce).await?;
        Ok(claims.and_then(|claims| ProvedIdentity::of_claims(provider, &claims).ok_or(BadIdToken::Subject)))
    }

    /// Records a rejection. The response does not contain the reason.
    async fn refuse(&self, provider: &Provider, why: &Refused) -> Result<Entry> {
        self.note_refused(provider, why.as_str()).await?;
        Err(Error::from(SOCIAL_REFUSED))
    }

    /// Records the reason why a sign-in with a provider was rejected.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn note_refused(&self, provider: &Provider, reason: &'static str) -> Result<()> {
        tracing::info!(realm = %self.realm.name, provider = provider.name, reason, "sign-in with a provider rejected");
        let draft = self.audit(Event::SocialRefused).detail("provider", provider.name.as_str()).reason(reason);
        Ok(self.commit(self.refused(draft).into_iter().collect()).await?)
    }
}
