use std::{net::IpAddr, time::Duration};

use portcullis_core::{SecretString, account::phone::PhoneNumber};
use reqwest::Url;

/// Twilio account and sender.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// Usually [`API_URL`](Self::API_URL). Plain `http` is only accepted for loopback addresses.
    pub api_url: String,
    /// Twilio account SID.
    pub sid: String,
    /// Auth token of the account.
    pub auth_token: SecretString,
    /// Sender of messages: an E.164 number, a short code, an alphanumeric sender ID, or the SID of a messaging
    /// service (`MG…`), which selects a sender.
    pub from: String,
    /// Timeout of a request, from connecting to the end of the response.
    pub timeout: Duration,
}

/// Reason why the settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The URL is invalid.
    #[error("the SMS provider's URL must be an http or https URL without user, query or fragment")]
    Url,
    /// Token, number and text would be sent unencrypted.
    #[error("the SMS provider's URL must be https, or http on a loopback address")]
    PlainHttp,
    /// The SID is invalid.
    #[error("the SMS provider account SID must consist of letters and digits")]
    Sid,
    /// The token is missing.
    #[error("the SMS provider auth token is missing")]
    AuthToken,
    /// The sender is invalid.
    #[error("the SMS sender is not an international number, short code, name or messaging service")]
    From,
    /// TLS cannot be initialized.
    #[error("TLS cannot be initialized: {0}")]
    Tls(String),
}

impl TwilioSettings {
    /// Base URL of Twilio's API.
    pub const API_URL: &str = "https://api.twilio.com";

    /// Returns the account's URL in the API. The token may be sent to URLs below it.
    pub(super) fn account(&self) -> Result<Url, BadSettings> {
        let mut url = Url::parse(self.api_url.trim()).map_err(|_| BadSettings::Url)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || url.fragment().is_some() {
            return Err(BadSettings::Url);
        }
        if url.scheme() == "http" && !url.host_str().is_some_and(is_loopback) {
            return Err(BadSettings::PlainHttp);
        }
        if !is_identifier(&self.sid) {
            return Err(BadSettings::Sid);
        }
        let mut path = url.path_segments_mut().map_err(|()| BadSettings::Url)?;
        path.pop_if_empty().extend(["2010-04-01", "Accounts", &self.sid]);
        drop(path);
        Ok(url)
    }

    /// Returns the sender, with a number normalized to `+` and digits.
    pub(super) fn sender(&self) -> Result<Sender, BadSettings> {
        let from = self.from.trim();
        if let Ok(number) = PhoneNumber::parse(from) {
            return Ok(Sender { field: "From", value: number.as_str().to_owned() });
        }
        let service = from.strip_prefix("MG").filter(|rest| rest.len() == 32);
        if service.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Ok(Sender { field: "MessagingServiceSid", value: from.to_owned() });
        }
        let short_code = (3..=8).contains(&from.len()) && from.bytes().all(|b| b.is_ascii_digit());
        let in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'+' | b'-' | b'_' | b'&' | b'.');
        let name = (1..=11).contains(&from.len())
            && from.bytes().all(in_name)
            && from.bytes().any(|b| b.is_ascii_alphabetic());
        let sender = Sender { field: "From", value: from.to_owned() };
        if short_code || name { Ok(sender) } else { Err(BadSettings::From) }
    }
}

/// Sender of messages, as a field of the request.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) field: &'static str,
    pub(super) value: String,
}

/// Returns whether the text has the format of a SID. Other text is not included in a URL.
pub(super) fn is_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns whether the host is loopback, without a DNS lookup (RFC 6761 §6.3).
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}
