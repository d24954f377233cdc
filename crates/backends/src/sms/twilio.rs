use std::{fmt, time::Duration};

use async_trait::async_trait;
use portcullis_core::{
    ExposeSecret, SecretString,
    message::Sms,
    port::{SendError, SmsReceipt, SmsSender, SmsStatus},
};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
    redirect,
};
use serde_json::Value;

use super::{
    failure::TwilioFailure,
    settings::{BadSettings, Sender, TwilioSettings, is_identifier},
};

/// How long an idle connection is kept. Shorter than the timeout of common servers.
const SPARE: Duration = Duration::from_secs(30);
/// Maximum number of idle connections.
const SPARES: usize = 4;
/// Timeout of a status query. It is not urgent and must not delay the messages after it.
const PATIENCE_FOR_STATUS: Duration = Duration::from_secs(5);
/// Maximum response size in bytes. Twilio's responses have about a thousand.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Sends SMS with Twilio's Messages API (2010-04-01).
pub struct TwilioSender {
    http: Client,
    account: Url,
    sid: String,
    auth_token: SecretString,
    from: Sender,
}

impl TwilioSender {
    /// Creates a sender with these settings. It connects when a message is sent.
    ///
    /// # Errors
    /// Returns [`BadSettings`] if the settings are invalid.
    pub fn new(settings: TwilioSettings) -> Result<Self, BadSettings> {
        let account = settings.account()?;
        let from = settings.sender()?;
        if settings.auth_token.expose_secret().is_empty() {
            return Err(BadSettings::AuthToken);
        }
        // The peer receives the auth token, so it must be the configured host: no redirects, and no proxy from the
        // environment.
        let http = Client::builder()
            .user_agent("Portcullis")
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(settings.timeout)
            .pool_idle_timeout(SPARE)
            .pool_max_idle_per_host(SPARES)
            .build()
            .map_err(|error| BadSettings::Tls(TwilioFailure::from(error).to_string()))?;
        Ok(Self { http, account, sid: settings.sid, auth_token: settings.auth_token, from })
    }

    fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.account.clone();
        // This never fails, because the account URL has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(parts);
        }
        url
    }

    /// Sends a request. Returns the body of a successful response, if it can be parsed.
    async fn ask(&self, request: RequestBuilder) -> Result<Result<Value, TwilioFailure>, TwilioFailure> {
        let request = request.basic_auth(&self.sid, Some(self.auth_token.expose_secret()));
        let response = request.send().await?;
        let status = response.status();
        let wait = Some(status).filter(|status| *status == StatusCode::TOO_MANY_REQUESTS);
        let wait = wait.and_then(|_| retry_after(response.headers()));
        let answer = read(response).await;
        if status.is_success() {
            return Ok(answer);
        }
        let code = answer.ok().and_then(|answer| number(&answer, "code"));
        Err(TwilioFailure::Refused { status: status.as_u16(), code, wait })
    }
}

#[async_trait]
impl SmsSender for TwilioSender {
    /// Sends a message. An accepted message costs money, so it counts as accepted regardless of the rest of the
    /// response.
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError> {
        let form = [("To", sms.to.as_str()), (self.from.field, &self.from.value), ("Body", &sms.text)];
        let answer = self.ask(self.http.post(self.url(&["Messages.json"])).form(&form)).await?.unwrap_or_default();
        let sid = answer.get("sid").and_then(Value::as_str).filter(|sid| is_identifier(sid));
        Ok(sid.map(|sid| SmsReceipt(sid.to_owned())))
    }

    async fn status(&self, receipt: &SmsReceipt) -> Result<SmsStatus, SendError> {
        let SmsReceipt(sid) = receipt;
        if !is_identifier(sid) {
            return Err(TwilioFailure::Receipt.into());
        }
        let url = self.url(&["Messages", &format!("{sid}.json")]);
        let answer = self.ask(self.http.get(url).timeout(PATIENCE_FOR_STATUS)).await??;
        match answer.get("status").and_then(Value::as_str) {
            Some("queued" | "accepted" | "scheduled" | "sending" | "sent") => Ok(SmsStatus::Pending),
            Some("delivered" | "received" | "read") => Ok(SmsStatus::Delivered),
            Some("undelivered" | "failed" | "canceled") => Ok(SmsStatus::Failed(number(&answer, "error_code"))),
            _ => Err(TwilioFailure::Unreadable.into()),
        }
    }
}

impl fmt::Debug for TwilioSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TwilioSender({})", self.account.origin().ascii_serialization())
    }
}

/// Returns how long the provider asks to wait: seconds, or a time (RFC 9110 §10.2.3), relative to the provider's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let wanted = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(wanted).ok()?;
    at.duration_since(httpdate::parse_http_date(text(DATE)?).ok()?).ok()
}

async fn read(mut response: Response) -> Result<Value, TwilioFailure> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if answer.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(TwilioFailure::Unreadable);
        }
        answer.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&answer).map_err(|_| TwilioFailure::Unreadable)
}

/// Parses a Twilio error code.
fn number(answer: &Value, field: &str) -> Option<u32> {
    answer.get(field).and_then(Value::as_u64).and_then(|code| code.try_into().ok())
}
