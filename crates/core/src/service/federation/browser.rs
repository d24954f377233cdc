//! `social/{provider}/start` and `callback`: sign-in in a browser.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Federation, arrive::Arrived};
use crate::{
    account::name::PersonName,
    error::{
        Result,
        catalogue::{NOT_FOUND, SOCIAL_INVALID},
    },
    federation::{FLOW_TTL, Flow, FlowPurpose, FlowState, PendingIdentity, Preset, ProvedIdentity, Provider, Wanted},
    limit::LimitKind,
    link::CarriedFor,
    port::{Precondition, RecordOp},
    record::{Record, RecordKeys},
    service::{Entry, RawField},
};

/// A started flow. Never printed, because its values are secrets.
pub struct Begun {
    /// Authorization endpoint of the provider, and the parameters of the request.
    pub endpoint: String,
    pub parameters: Vec<(&'static str, String)>,
    /// Name and value of the cookie that binds the flow to the browser.
    pub cookie: (String, String),
}

/// Response of the provider, received from the browser. Never printed.
#[derive(Default)]
pub struct Callback<'a> {
    pub code: Option<&'a str>,
    pub iss: Option<&'a str>,
    pub error: Option<&'a str>,
    /// Sealed names from Apple's first response. They are only a suggestion, because they are not signed.
    pub suggested: Option<&'a str>,
}

/// Result of a flow. Never printed, because it contains personal data.
pub enum Returned {
    Entered {
        entry: Entry,
        /// Address of the account at the provider, for the page that asks for a second factor.
        email: Option<String>,
    },
    /// The user must make a decision first.
    Pending(PendingIdentity, Question),
    SignupClosed,
    /// The provider or its user rejected the request.
    Refused,
    /// The user was asked to authenticate again, but used an external account of another user.
    OtherAccount,
}

/// Question to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// To sign in as the user who has the address.
    Taken,
    /// To enter an address.
    Address,
    /// To fill in fields that sign-up requires.
    Fields,
    /// Whether to link it, as requested by the user.
    Own,
}

/// A flow whose cookie was opened. Never printed.
pub struct OpenFlow {
    pub(super) state: FlowState,
    flow: Flow,
    next: Option<String>,
}

macro_rules! unprinted {
    ($($name:ident $(<$life:lifetime>)?),*) => {$(
        impl std::fmt::Debug for $name$(<$life>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

unprinted!(Begun, Callback<'_>, Returned, OpenFlow);

impl OpenFlow {
    /// Returns where to redirect the browser, as given by the page.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl Federation<'_> {
    /// Starts a flow. Nothing is stored.
    ///
    /// # Errors
    /// Returns `NotFound` if the provider is unknown, `Limited` if a limit is reached, and `Unavailable` if the
    /// provider does not respond.
    pub async fn begin(&self, provider: &str, purpose: FlowPurpose, next: Option<&str>) -> Result<Begun> {
        let provider = self.provider(provider).ok_or(NOT_FOUND)?;
        self.charge_client(LimitKind::Authorize, self.settings.limits.authorize_client).await?;
        let (state, keys) = (FlowState::begin(self.ctx), &self.realm.keys);
        let endpoint = match provider.preset {
            Preset::Github => format!("{}/login/oauth/authorize", provider.base_url),
            Preset::Discord => format!("{}/oauth2/authorize", provider.base_url),
            _ => self.known(provider, Wanted::Recent).await?.document.authorization_endpoint.clone(),
        };
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", provider.client_id.clone()),
            ("redirect_uri", self.redirect_uri(provider)),
            ("scope", provider.scopes.clone()),
            ("state", state.to_text()),
            ("code_challenge", state.challenge(keys)),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if provider.preset.has_id_tokens() {
            parameters.push(("nonce", state.nonce(keys)));
        }
        if provider.preset == Preset::Apple {
            parameters.push(("response_mode", "form_post".to_owned()));
        }
        // Most providers would otherwise sign the user in without asking again.
        if matches!(purpose, FlowPurpose::StepUp { .. })
            && matches!(provider.preset, Preset::Microsoft | Preset::Gitlab | Preset::Oidc)
        {
            parameters.push(("prompt", "login".to_owned()));
        }
        let cookie = state.seal(self.ctx, keys, &provider.name, (purpose, next)).ok_or(SOCIAL_INVALID)?;
        Ok(Begun { endpoint, parameters, cookie: (state.id(), cookie) })
    }

    /// Opens the flow of a callback. `cookie` returns the value of the cookie with this name.
    ///
    /// # Errors
    /// Returns `BadLink` if the flow belongs to another browser or provider, or has expired.
    pub fn open_flow(
        &self,
        provider: &str,
        state: Option<&str>,
        cookie: impl FnOnce(&str) -> Option<String>,
    ) -> Result<OpenFlow> {
        let state = state.and_then(FlowState::parse).ok_or(SOCIAL_INVALID)?;
        let sealed = cookie(&state.id()).ok_or(SOCIAL_INVALID)?;
        let (flow, next) = state.open(self.ctx.now, &self.realm.keys, &sealed).ok_or(SOCIAL_INVALID)?;
        let is_of_provider = flow.provider == provider && self.provider(provider).is_some();
        if is_of_provider { Ok(OpenFlow { state, flow, next }) } else { Err(SOCIAL_INVALID.into()) }
    }

    /// Completes a flow: logs in, creates a user, or returns what is missing. A flow can be completed once.
    ///
    /// # Errors
    /// Returns `BadLink` whatever the reason, `Forbidden` if the account is locked, and `Unavailable` if the provider
    /// does not respond.
    pub async fn end(&self, open: &OpenFlow, callback: &Callback<'_>, devices: &[RawField]) -> Result<Returned> {
        let provider = self.provider(&open.flow.provider).ok_or(SOCIAL_INVALID)?;
        let spent = open.state.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        // Marks the flow as used first, so that a code is sent to the provider only once.
        let batch = vec![RecordOp::Insert(spent).into()];
        if !self.commit_unless(batch, &[Precondition::RecordFree]).await? {
            return self.refuse_flow(provider, "repeated").await;
        }
        if callback.error.is_some() {
            self.note_refused(provider, "provider").await?;
            return Ok(Returned::Refused);
        }
        let Some(code) = callback.code else { return self.refuse_flow(provider, "code").await };
        let proved = match self.proved_by_code(provider, open, code, callback.iss).await? {
            Ok(proved) => self.with_suggestion(proved, &open.state, callback.suggested),
            Err(why) => return self.refuse_flow(provider, why).await,
        };
        let pending =
            |user, question| Returned::Pending(PendingIdentity::new(self.ctx, &provider.name, &proved, user), question);
        match &open.flow.purpose {
            FlowPurpose::Login => {}
            FlowPurpose::Link { user } => return Ok(pending(Some(user.clone()), Question::Own)),
            FlowPurpose::StepUp { user } => {
                let found = self.identity_of(provider, &proved).await?;
                if found.is_none_or(|found| found.user.id.as_str() != user) {
                    self.note_refused(provider, "other_account").await?;
                    return Ok(Returned::OtherAccount);
                }
            }
        }
        let pending = |question| pending(None, question);
        Ok(match self.arrive(provider, &proved, None, devices).await? {
            Arrived::Entered(entry) => {
                let email = proved.email.as_ref().map(|email| email.as_str().to_owned());
                Returned::Entered { entry, email }
            }
            Arrived::SignupClosed => Returned::SignupClosed,
            Arrived::AlreadyUsed => return self.refuse_flow(provider, "repeated").await,
            // The mailbox of the reserved address was notified. The page is the same as for a taken address.
            Arrived::Taken | Arrived::Reserved => pending(Question::Taken),
            Arrived::Unproved => pending(Question::Address),
            Arrived::Incomplete => pending(Question::Fields),
        })
    }

    /// Seals the names from Apple's form for the GET request that follows.
    #[must_use]
    pub fn suggestion(&self, state: &str, user: &str) -> Option<String> {
        let user: Value = serde_json::from_str(user).ok()?;
        let name = |part: &str| user.get("name").and_then(|name| name.get(part)).and_then(Value::as_str);
        let names = (name("firstName"), name("lastName"));
        CarriedFor { purpose: "suggested", browser: state }.seal(self.ctx, &self.realm.keys, FLOW_TTL, &names)
    }

    /// Adds the suggested names to the verified identity.
    fn with_suggestion(&self, proved: ProvedIdentity, state: &FlowState, sealed: Option<&str>) -> ProvedIdentity {
        let (now, keys, state) = (self.ctx.now, &self.realm.keys, state.to_text());
        let bound = CarriedFor { purpose: "suggested", browser: &state };
        let names = sealed.and_then(|sealed| bound.open::<(Option<String>, Option<String>)>(now, keys, sealed));
        let (first, last) = names.unwrap_or_default();
        let name = |name: Option<String>| name.and_then(|name| PersonName::parse(&name).ok());
        ProvedIdentity {
            first_name: proved.first_name.or_else(|| name(first)),
            last_name: proved.last_name.or_else(|| name(last)),
            ..proved
        }
    }

    /// Returns the server's redirect URI as registered at the provider.
    pub(super) fn redirect_uri(&self, provider: &Provider) -> String {
        format!("{}/{}/social/{}/callback", self.settings.public_url, self.realm.name, provider.name)
    }

    async fn refuse_flow(&self, provider: &Provider, why: &'static str) -> Result<Returned> {
        self.note_refused(provider, why).await?;
        Err(SOCIAL_INVALID.into())
    }
}
