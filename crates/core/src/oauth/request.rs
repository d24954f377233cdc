//! Requests of `authorize`, and what they ask for (OpenID Connect Core §3.1.2.1).

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::code::is_challenge;
use crate::{clock::Timestamp, session::Assurance};

/// Longest request, in bytes.
pub const LONGEST_REQUEST: usize = 4096;

macro_rules! parameters {
    ($($name:ident),*) => {
        /// A request, as it was received. It is carried in the URL of the pages that come first, and checked again each time.
        #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct AuthorizeRequest {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $name: Option<String>,
            )*
            /// Name of a parameter that was given twice.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) repeated: Option<String>,
            /// Time of the request, in milliseconds. An authentication that is not older answers it.
            pub(crate) asked_at: i64,
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
    /// Reads the parameters; unknown ones are ignored, and so are empty ones (RFC 6749 §3.1). `None` if the request is too long.
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
        (length <= LONGEST_REQUEST).then_some(request)
    }

    /// Returns the address that the client thinks its user has.
    #[must_use]
    pub fn login_hint(&self) -> Option<&str> {
        self.login_hint.as_deref()
    }

    /// Returns the redirect URI. Only a request that was checked has one that belongs to its client.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// Returns the time of the request.
    pub(crate) const fn asked_at(&self) -> Timestamp {
        Timestamp::from_millis(self.asked_at)
    }

    /// Returns whether the user must see the sign-in page, although the browser is signed in since this time.
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

/// How an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// As parameters of a redirect.
    Query,
    /// As the form of a page.
    FormPost,
}

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// Returns the word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
}

/// What a user must do although a session exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing: no page is shown.
    None,
    /// Authenticate again.
    Login,
    /// Confirm what the client may do.
    Consent,
    /// Choose an account.
    SelectAccount,
    /// Sign up.
    Create,
}

impl Prompt {
    pub const ALL: [Self; 5] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount, Self::Create];

    /// Returns the word.
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

    /// Reads a list of words; `None` if one is unknown, or `none` is not alone.
    fn list(text: &str) -> Option<Vec<Self>> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        let prompts = words.map(|word| Self::ALL.into_iter().find(|prompt| prompt.as_str() == word));
        let prompts: Vec<Self> = prompts.collect::<Option<_>>()?;
        (!prompts.contains(&Self::None) || prompts.len() == 1).then_some(prompts)
    }
}

/// Error of an answer to a client, with a sentence for its developer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientError(pub &'static str, pub &'static str);

/// What a request asks for, beside its client and redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) max_age: Option<Duration>,
    /// Classes of authentication, the preferred one first; empty if any will do.
    pub(crate) acr: Vec<Assurance>,
}

impl AuthorizeRequest {
    /// Returns how the answer reaches the client. An unknown mode is an error, which is answered as a redirect.
    pub(crate) fn mode(&self) -> Result<ResponseMode, ClientError> {
        let Some(word) = self.response_mode.as_deref() else { return Ok(ResponseMode::Query) };
        let mode = ResponseMode::ALL.into_iter().find(|mode| mode.as_str() == word);
        mode.ok_or(ClientError("invalid_request", "response_mode must be query or form_post"))
    }

    /// Checks everything that does not depend on the client.
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
        let max_age = self.max_age.as_deref().map(|text| text.parse().map(Duration::from_secs)).transpose();
        let max_age = max_age.map_err(|_| ClientError("invalid_request", "max_age must be a number of seconds"))?;
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

/// No class of authentication that was asked for can be reached.
pub(crate) const UNMET_AUTHENTICATION: ClientError =
    ClientError("unmet_authentication_requirements", "The requested acr_values cannot be met");
