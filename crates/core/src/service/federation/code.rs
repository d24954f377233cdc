//! Exchange of the authorization code in a callback, and lookup of the external account.

use serde_json::{Map, Value};

use super::{Federation, browser::OpenFlow, discover::get};
use crate::{
    error::{Error, Result, catalogue::SOCIAL_UNAVAILABLE},
    federation::{ExpectedNonce, Preset, ProvedIdentity, Provider, Wanted},
    port::{Authorization, FetchRequest},
};

impl Federation<'_> {
    /// Exchanges a code and returns the external account. The inner error is the reason for a rejection.
    ///
    /// # Errors
    /// Returns `Unavailable` if the provider does not respond.
    pub(super) async fn proved_by_code(
        &self,
        provider: &Provider,
        open: &OpenFlow,
        code: &str,
        iss: Option<&str>,
    ) -> Result<Result<ProvedIdentity, &'static str>> {
        if iss.is_some_and(|iss| !provider.may_be_named(iss)) {
            return Ok(Err("issuer"));
        }
        if !provider.preset.has_id_tokens() {
            let endpoint = match provider.preset {
                Preset::Github => format!("{}/login/oauth/access_token", provider.base_url),
                _ => format!("{}/api/oauth2/token", provider.base_url),
            };
            let answer = self.exchange_code(provider, (endpoint, true), open, code).await?;
            let Some(token) = answer.as_ref().and_then(|answer| text(answer, "access_token")) else {
                return Ok(Err("code"));
            };
            return Ok(self.proved_by_api(provider, token).await?.ok_or("subject"));
        }
        let known = self.known(provider, Wanted::Recent).await?;
        let document = &known.document;
        if iss.is_none() && document.authorization_response_iss_parameter_supported {
            return Ok(Err("issuer"));
        }
        let endpoint = (document.token_endpoint.clone(), document.takes_secret_in_body());
        let Some(answer) = self.exchange_code(provider, endpoint, open, code).await? else { return Ok(Err("code")) };
        let Some(token) = text(&answer, "id_token") else { return Ok(Err("token_missing")) };
        let (audience, nonce) = ([provider.client_id.clone()], open.state.nonce(&self.realm.keys));
        let claims = match self.verified(provider, token, &audience, ExpectedNonce::Exactly(&nonce)).await? {
            Ok(claims) => claims,
            Err(why) => return Ok(Err(why.as_str())),
        };
        // Microsoft sends the issuer of the tenant, or the template of its metadata.
        if iss.is_some_and(|iss| iss != claims.issuer && iss != document.issuer) {
            return Ok(Err("issuer"));
        }
        // At Microsoft, the proof of an address is in the token and does not cover an address from another source.
        let lacks_email = claims.text("email").is_none() && provider.preset != Preset::Microsoft;
        let claims = match (&document.userinfo_endpoint, text(&answer, "access_token")) {
            (Some(endpoint), Some(access)) if lacks_email => {
                let more = self.userinfo(provider, endpoint, access).await?;
                // Claims of another subject are ignored to prevent token substitution (OpenID Connect Core 1.0
                // §5.3.2).
                if text(&more, "sub") == claims.text("sub") { claims.with_userinfo(&more) } else { claims }
            }
            _ => claims,
        };
        Ok(ProvedIdentity::of_claims(provider, &claims).ok_or("subject"))
    }

    async fn userinfo(&self, provider: &Provider, endpoint: &str, access: &str) -> Result<Map<String, Value>> {
        let authorization = Authorization::Bearer(access.to_owned().into());
        let answer = self.send(provider, FetchRequest { authorization, ..get(endpoint.to_owned()) }).await?;
        self.read(&answer)
    }

    async fn proved_by_api(&self, provider: &Provider, access: &str) -> Result<Option<ProvedIdentity>> {
        if provider.preset == Preset::Discord {
            let user = self.userinfo(provider, &format!("{}/api/users/@me", provider.base_url), access).await?;
            return Ok(ProvedIdentity::of_discord(provider, &user));
        }
        let api = match provider.trusted_url() {
            Some(base) => format!("{base}/api/v3"),
            None => "https://api.github.com".to_owned(),
        };
        let user = self.userinfo(provider, &format!("{api}/user"), access).await?;
        let authorization = Authorization::Bearer(access.to_owned().into());
        let answer = self.send(provider, FetchRequest { authorization, ..get(format!("{api}/user/emails")) }).await?;
        Ok(ProvedIdentity::of_github(provider, &user, &self.read::<Vec<Value>>(&answer)?))
    }

    /// Exchanges a code for tokens. Returns `None` if the provider rejects the code.
    async fn exchange_code(
        &self,
        provider: &Provider,
        (url, has_secret_in_body): (String, bool),
        open: &OpenFlow,
        code: &str,
    ) -> Result<Option<Map<String, Value>>> {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned().into()),
            ("code", code.to_owned().into()),
            ("redirect_uri", self.redirect_uri(provider).into()),
            ("code_verifier", open.state.verifier(&self.realm.keys).into()),
        ];
        let authorization = match provider.secret_at(self.ctx.now).map_err(Error::internal)? {
            Some(password) if !has_secret_in_body && provider.preset != Preset::Apple => {
                Authorization::Basic { user: provider.client_id.clone(), password }
            }
            secret => {
                form.push(("client_id", provider.client_id.clone().into()));
                form.extend(secret.map(|secret| ("client_secret", secret)));
                Authorization::None
            }
        };
        let trusted = provider.trusted_url().map(str::to_owned);
        let request = FetchRequest { url, trusted, form: Some(form), authorization };
        let answer = self.ports.fetch.fetch(request).await;
        let answer = answer.map_err(|why| SOCIAL_UNAVAILABLE.because(why))?;
        if (400..500).contains(&answer.status) {
            return Ok(None);
        }
        if answer.is_success() { self.read(&answer).map(Some) } else { Err(SOCIAL_UNAVAILABLE.into()) }
    }
}

fn text<'a>(answer: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Value::as_str)
}
