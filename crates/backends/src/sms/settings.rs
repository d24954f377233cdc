use std::{net::IpAddr, time::Duration};

use portcullis_core::{SecretString, account::phone::PhoneNumber};
use reqwest::Url;

/// Whose account at Twilio sends, and where Twilio is.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// Usually [`API_URL`](Self::API_URL); plain `http` only to this machine itself.
    pub api_url: String,
    /// The account's identifier.
    pub sid: String,
    /// What proves that the account is ours.
    pub auth_token: SecretString,
    /// Whom messages come from: a number in E.164, a short code, a name of letters and digits, or the identifier of a
    /// messaging service (`MG…`), which chooses a sender itself.
    pub from: String,
    /// The longest that one request may take, from the connection to the end of the answer.
    pub timeout: Duration,
}

/// Why short messages cannot be sent with such settings.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// There is no such place.
    #[error("the SMS provider's address is not an http or https URL without user, query and fragment")]
    Url,
    /// Token, number and text would be sent unencrypted.
    #[error("the SMS provider is only spoken to over https, or over http on this machine itself")]
    PlainHttp,
    /// No account is called so.
    #[error("the account at the SMS provider is not named by letters and digits")]
    Sid,
    /// There is no token.
    #[error("the token of the account at the SMS provider is missing")]
    AuthToken,
    /// The sender's number is not usable.
    #[error("the sender of SMS is no number in international form, short code, name or messaging service")]
    From,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl TwilioSettings {
    /// Twilio's own.
    pub const API_URL: &str = "https://api.twilio.com";

    /// The account's corner of the API, into which the token may be sent.
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

    /// Whom messages come from, a number as `+` and digits.
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

/// Whom messages come from, as a field of the request.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) field: &'static str,
    pub(super) value: String,
}

/// What Twilio calls accounts and messages. Nothing else becomes a part of a URL.
pub(super) fn is_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether the name means this machine itself, whatever a name server says (RFC 6761 §6.3).
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}
