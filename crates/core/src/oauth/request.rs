//! Requests to `authorize`, and what they ask for (OpenID Connect Core §3.1.2.1).

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::code::is_challenge;
use crate::{clock::Timestamp, seal, session::Assurance};

/// Maximum size of a request, in bytes.
pub const MAX_REQUEST_LENGTH: usize = 4096;

macro_rules! parameters {
    ($($name:ident),*) => {
        /// A request as received. It is carried in the URL of the pages shown before the response, and checked again
        /// on each return.
        #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct AuthorizeRequest {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $name: Option<String>,
            )*
            /// Name of a parameter that occurred twice.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) repeated: Option<String>,
            /// Time of the request, in milliseconds. An authentication at or after this time satisfies it.
            pub(crate) asked_at: i64,
            /// Mark of the browser that made the request. A request posted by another site has none yet, because
            /// browsers send no cookies with it.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) browser: Option<String>,
            /// What the user must prove before the request continues.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) lacks: Option<Lacking>,
        }

        impl AuthorizeRequest {
            fn parameter(&mut self, name: &str) -> Option<&mut Option<String>> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

parameters!(
    response_type,
    client_id,
    redirect_uri,
    scope,
    state,
    nonce,
    code_challenge,
    code_challenge_method,
    response_mode,
    prompt,
    max_age,
    acr_values,
    login_hint,
    id_token_hint,
    request,
    request_uri
);

impl AuthorizeRequest {
    /// Reads the parameters. Unknown and empty parameters are ignored (RFC 6749 §3.1). Returns `None` if the request
    /// is too long.
    #[must_use]
    pub fn read<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>, now: Timestamp) -> Option<Self> {
        let mut request = Self { asked_at: now.millis(), ..Self::default() };
        let mut length = 0;
        for (name, value) in parameters {
            length += name.len() + value.len();
            let Some(field) = request.parameter(name).filter(|_| !value.is_empty()) else { continue };
            if field.is_some() {
                request.repeated = Some(name.to_owned());
            } else {
                *field = Some(value.to_owned());
            }
        }
        (length <= MAX_REQUEST_LENGTH).then_some(request)
    }

    /// Returns the email address that the client expects.
    #[must_use]
    pub fn login_hint(&self) -> Option<&str> {
        self.login_hint.as_deref()
    }

    /// Returns the redirect URI. It is only known to belong to the client after the request was checked.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// Binds the request to a browser. In a browser other than the one that made it, its time is set to now, so that an
    /// earlier sign-in of another person there does not satisfy it.
    #[must_use]
    pub fn in_browser(self, browser: &str, now: Timestamp) -> Self {
        let mark = seal::hex(&seal::digest([b"authorize".as_slice(), browser.as_bytes()]));
        let is_its = self.browser.as_ref() == Some(&mark);
        Self { asked_at: if is_its { self.asked_at } else { now.millis() }, browser: Some(mark), ..self }
    }

    /// Returns the same request in another browser, or in the same one after it was signed out.
    #[must_use]
    pub fn moved_to(self, browser: &str, now: Timestamp) -> Self {
        Self { browser: None, ..self }.in_browser(browser, now)
    }

    /// Returns the request with what the user must prove first.
    #[must_use]
    pub fn lacking(self, lacks: Lacking) -> Self {
        Self { lacks: Some(lacks), ..self }
    }

    /// Returns the missing proof, if any.
    #[must_use]
    pub const fn lacks(&self) -> Option<&Lacking> {
        self.lacks.as_ref()
    }

    /// Returns the time of the request.
    pub(crate) const fn asked_at(&self) -> Timestamp {
        Timestamp::from_millis(self.asked_at)
    }

    /// Returns whether the user must see the sign-in page even though the browser has been signed in since this time.
    #[must_use]
    pub fn selects_account(&self, signed_in_at: Timestamp) -> bool {
        let has_prompt =
            self.prompt.as_deref().is_some_and(|text| text.split(' ').any(|word| word == "select_account"));
        (has_prompt || self.id_token_hint.is_some()) && signed_in_at < self.asked_at()
    }
}

impl fmt::Debug for AuthorizeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizeRequest({:?}, …)", self.client_id)
    }
}

/// What a signed-in user must prove before a request continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// Class of authentication to reach.
    acr: String,
    /// Whether the authentication must be a new one.
    pub is_old: bool,
}

impl Lacking {
    #[must_use]
    pub fn new(assurance: Assurance, is_old: bool) -> Self {
        Self { acr: assurance.acr().to_owned(), is_old }
    }

    /// Returns the class of authentication to reach.
    #[must_use]
    pub fn acr(&self) -> &str {
        &self.acr
    }
}

/// How the response is delivered to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// As query parameters of a redirect.
    Query,
    /// As a form submitted by a page.
    FormPost,
}

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// Returns the name used in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
}

/// Step that is required even if a session exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// No page may be shown.
    None,
    /// The user must authenticate again.
    Login,
    /// Confirm the permissions of the client.
    Consent,
    /// Choose an account.
    SelectAccount,
    /// The user should sign up first (`prompt=create`).
    Create,
}

impl Prompt {
    pub const ALL: [Self; 5] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount, Self::Create];

    /// Returns the name used in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }

    /// Parses a list of names. Returns `None` if one is unknown, or if `none` is combined with another.
    fn list(text: &str) -> Option<Vec<Self>> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        let prompts = words.map(|word| Self::ALL.into_iter().find(|prompt| prompt.as_str() == word));
        let prompts: Vec<Self> = prompts.collect::<Option<_>>()?;
        (!prompts.contains(&Self::None) || prompts.len() == 1).then_some(prompts)
    }
}

/// Error code in the response to a client, with a description for its developer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientError(pub &'static str, pub &'static str);

/// Parsed parameters of a request, except client and redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) max_age: Option<Duration>,
    /// Requested authentication context classes in order of preference. Empty if any class is accepted.
    pub(crate) acr: Vec<Assurance>,
}

impl AuthorizeRequest {
    /// Returns how the response is delivered. An unknown mode is reported by a redirect.
    pub(crate) fn mode(&self) -> Result<ResponseMode, ClientError> {
        let Some(word) = self.response_mode.as_deref() else { return Ok(ResponseMode::Query) };
        let mode = ResponseMode::ALL.into_iter().find(|mode| mode.as_str() == word);
        mode.ok_or(ClientError("invalid_request", "response_mode must be query or form_post"))
    }

    /// Validates all parameters that do not depend on the client.
    pub(crate) fn wishes(&self) -> Result<Wishes, ClientError> {
        if self.request.is_some() {
            return Err(ClientError("request_not_supported", "Request objects are not supported"));
        }
        if self.request_uri.is_some() {
            return Err(ClientError("request_uri_not_supported", "Request objects are not supported"));
        }
        if self.repeated.is_some() {
            return Err(ClientError("invalid_request", "A parameter occurs more than once"));
        }
        match self.response_type.as_deref() {
            Some("code") => {}
            Some(_) => return Err(ClientError("unsupported_response_type", "response_type must be code")),
            None => return Err(ClientError("invalid_request", "response_type is missing")),
        }
        match (self.code_challenge.as_deref(), self.code_challenge_method.as_deref()) {
            (None, None) => {}
            (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
            _ => return Err(ClientError("invalid_request", "code_challenge must be a SHA-256 with the method S256")),
        }
        let prompts = Prompt::list(self.prompt.as_deref().unwrap_or_default());
        let prompts = prompts.ok_or(ClientError("invalid_request", "prompt is malformed"))?;
        let max_age = self.max_age.as_deref().map(|text| seconds(text).ok_or(BAD_MAX_AGE)).transpose()?;
        let acr = self.acr()?;
        Ok(Wishes { prompts, max_age, acr })
    }

    fn acr(&self) -> Result<Vec<Assurance>, ClientError> {
        let Some(text) = self.acr_values.as_deref() else { return Ok(Vec::new()) };
        let known: Vec<Assurance> = text.split(' ').filter_map(Assurance::parse).collect();
        if known.is_empty() {
            return Err(UNMET_AUTHENTICATION);
        }
        Ok(known)
    }
}

const BAD_MAX_AGE: ClientError = ClientError("invalid_request", "max_age must be a number of seconds");

/// Reads a number without a sign.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).map(Duration::from_secs)
}

/// None of the requested authentication context classes can be reached.
pub(crate) const UNMET_AUTHENTICATION: ClientError =
    ClientError("unmet_authentication_requirements", "The requested acr_values cannot be met");
