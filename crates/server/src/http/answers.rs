//! Responses that routes of several areas share.

mod clients;
mod events;
mod passkey_options;
mod passkeys;

pub(crate) use clients::{ClientTokenAnswer, GrantAnswer};
pub(crate) use events::EventAnswer;
pub(crate) use passkey_options::{CreationOptions, RequestOptions};
pub(crate) use passkeys::{PasskeyAnswer, SignalAnswer};

use portcullis_core::{
    clock::Timestamp,
    factor::{ListedDevice, ListedFactor},
    service::{LoggedIn, Tokens},
    session::device_name,
    token::AccessToken,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// A JWT, for `Authorization: Bearer`.
    #[schema(
        example = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxazB2NnNxN3QybThnNGM5ZTVyM24xaDBqYSJ9.c2lnbmF0dXJl"
    )]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Lifetime in seconds.
    #[schema(example = 1800)]
    expires_in: u64,
    /// Refresh token, exchanged for the next pair of tokens at `token`. It can be used once.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY")]
    refresh_token: String,
    /// Value that identifies this device at its next login, for clients without cookies. Returned after a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zx0mPp3Yt0mHqfVbO0gYtAAAAZrNf0sAk3mT1oJmZ7c3Yp3c8iU2nXo4p1rQkqf3o8b9c2d1e0f")]
    device: Option<String>,
    /// After a token exchange: `urn:ietf:params:oauth:token-type:access_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:ietf:params:oauth:token-type:access_token")]
    issued_token_type: Option<&'static str>,
}

impl TokenAnswer {
    /// Returns the response to a login.
    pub(in crate::http) fn of(done: LoggedIn) -> Self {
        Self { device: Some(done.device), ..Self::from(done.tokens) }
    }

    /// Returns the response to a token exchange.
    pub(in crate::http) fn exchanged(done: LoggedIn) -> Self {
        Self { issued_token_type: Some("urn:ietf:params:oauth:token-type:access_token"), ..Self::of(done) }
    }
}

impl From<Tokens> for TokenAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.expose().to_owned(),
            token_type: "bearer",
            expires_in: tokens.access.lifetime.as_secs(),
            refresh_token: tokens.refresh.expose().to_string(),
            device: None,
            issued_token_type: None,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StepUpAnswer {
    /// An access token of the same session, with a new `auth_time`.
    #[schema(
        example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxazB2NnNxN3QybThnNGM5ZTVyM24xaDBqYSJ9.c2lnbmF0dXJl"
    )]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Lifetime in seconds.
    #[schema(example = 1800)]
    expires_in: u64,
}

impl From<AccessToken> for StepUpAnswer {
    fn from(access: AccessToken) -> Self {
        Self { access_token: access.expose().to_owned(), token_type: "bearer", expires_in: access.lifetime.as_secs() }
    }
}

/// A second factor, as shown to its owner.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorAnswer {
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    id: String,
    /// `totp` (authenticator app), `sms` (codes by SMS), `passkey` or `security_key`.
    #[schema(example = "totp")]
    r#type: &'static str,
    /// Name chosen by the user, or the last digits of the phone number for `sms`.
    #[schema(example = "Authenticator app")]
    name: String,
    #[schema(example = "2026-10-03T10:00:00Z", format = DateTime)]
    created_at: String,
    /// Time of the last use; null if the factor has not been used yet.
    #[schema(example = "2026-11-28T07:30:00Z", format = DateTime, required)]
    last_used_at: Option<String>,
}

impl From<ListedFactor> for FactorAnswer {
    fn from(factor: ListedFactor) -> Self {
        let ListedFactor { id, method, name, created_at, last_used_at } = factor;
        Self {
            id: id.to_string(),
            r#type: method.as_str(),
            name: name.as_str().to_owned(),
            created_at: created_at.to_string(),
            last_used_at: last_used_at.as_ref().map(Timestamp::to_string),
        }
    }
}

/// A trusted device, which needs no second factor until the trust expires.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    #[schema(example = "4f8a0c5e6d7b1a2c3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d")]
    id: String,
    /// Name of the browser and operating system; null if not recognised.
    #[schema(example = "Firefox on Linux", required)]
    name: Option<String>,
    /// IP address of the login that made the device trusted.
    #[schema(example = "203.0.113.7", required)]
    ip: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: String,
    /// Expiry. It is not extended by use.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<ListedDevice> for DeviceAnswer {
    fn from(device: ListedDevice) -> Self {
        let ListedDevice { id, client, created_at, last_used_at, expires_at } = device;
        Self {
            id,
            name: client.agent.as_deref().and_then(device_name),
            ip: client.ip,
            created_at: created_at.to_string(),
            last_used_at: last_used_at.to_string(),
            expires_at: expires_at.to_string(),
        }
    }
}
