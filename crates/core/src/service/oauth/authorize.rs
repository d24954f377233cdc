//! `authorize`: a client requests a code on behalf of the user of a browser (OpenID Connect Core §3.1.2).

use std::time::Duration;

use super::{
    OAuth, code,
    consent::{ConsentSheet, Decision, GivenConsent},
};
use crate::{
    account::User,
    audit::Event,
    error::{
        Result,
        catalogue::{CLIENT_UNKNOWN, IMPERSONATED, REDIRECT_URI_UNKNOWN, REPEATED},
    },
    limit::LimitKind,
    oauth::{
        AuthorizeRequest, ClientError, Lacking, Prompt, RedirectUri, RegisteredClient, ResponseMode, Scopes,
        UNMET_AUTHENTICATION, Wishes,
    },
    service::{
        Viewer,
        kernel::{ATTEMPTS, retry},
    },
    session::{Assurance, Session, SessionKind},
};

/// Time for which an authentication that was made for a request answers it, however short its `max_age` is.
const ANSWERED_FOR: Duration = Duration::from_secs(300);

/// Outcome of an authorization request.
#[derive(Debug)]
pub enum Authorized {
    /// A response is sent to the client.
    Answer(ClientAnswer),
    /// The user must sign in first.
    SignIn,
    /// The user must sign up first.
    SignUp,
    /// The user proves this first.
    Confirm(Lacking),
    /// The user must be asked for consent first.
    Consent(Box<ConsentSheet>),
}

/// Response to a client, sent to its redirect URI. It contains a code and is never printed.
pub struct ClientAnswer {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub parameters: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for ClientAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientAnswer({:?}, …)", self.mode)
    }
}

/// A request whose redirect URI is known to belong to its client.
pub(super) struct Known<'a> {
    pub(super) request: &'a AuthorizeRequest,
    pub(super) client: RegisteredClient,
    pub(super) registered: RedirectUri,
    pub(super) redirect_uri: &'a str,
    pub(super) mode: ResponseMode,
}

/// A browser session, its user, and the permissions requested by the client.
pub(super) struct Asking<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) scopes: Scopes,
    /// Authentication context class in the tokens.
    pub(super) acr: Assurance,
}

/// Outcome of a step. The error is what happens instead of the next step.
pub(super) type Step<T> = Result<T, Authorized>;

impl OAuth<'_> {
    /// Responds to an authorization request, or returns the page that must be shown first. Everything is checked
    /// again each time the request returns from a page. `decision` is the user's decision on the consent page.
    ///
    /// # Errors
    /// Returns `Malformed` if the redirect URI is not known to belong to the client, because nothing may then be sent
    /// there, `Forbidden` if an administrator impersonates the user, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn authorize(
        &self,
        request: &AuthorizeRequest,
        viewer: Option<&Viewer>,
        decision: Option<Decision>,
    ) -> Result<Authorized> {
        self.charge_client(LimitKind::Authorize, self.settings.limits.authorize_client).await?;
        let again = "the session kept changing during an authorization";
        retry(ATTEMPTS, again, |_| self.authorize_once(request, viewer, decision)).await
    }

    /// Responds to a request. Returns `None` if the session or the consent has changed since it was read.
    async fn authorize_once(
        &self,
        request: &AuthorizeRequest,
        viewer: Option<&Viewer>,
        decision: Option<Decision>,
    ) -> Result<Option<Authorized>> {
        let known = self.known(request).await?;
        if let Some(viewer) = viewer.filter(|viewer| viewer.impersonator().is_some()) {
            let audit = self.audit(Event::ImpersonationRefused).user(viewer);
            self.commit(self.refused(audit).into_iter().collect()).await?;
            return Err(IMPERSONATED.into());
        }
        let wishes = match request.mode().and_then(|_| request.wishes()) {
            Ok(wishes) => wishes,
            Err(error) => return Ok(Some(self.refuse(&known, error))),
        };
        let scopes = match self.scopes_of(&known) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Some(self.refuse(&known, error))),
        };
        let asking = match self.signed_in(&known, &wishes, scopes, viewer).await? {
            Ok(asking) => asking,
            Err(instead) => return Ok(Some(instead)),
        };
        let consent = match self.consent(&asking, &wishes, decision).await? {
            Ok(consent) => consent,
            Err(instead) => return Ok(Some(instead)),
        };
        self.answer_with_code(&asking, consent).await
    }

    /// Returns the client and the redirect URI of a request if they belong together.
    ///
    /// # Errors
    /// Returns `Malformed` if they do not, and `Unavailable` if the store fails.
    async fn known<'a>(&self, request: &'a AuthorizeRequest) -> Result<Known<'a>> {
        self.require_on()?;
        if matches!(request.repeated.as_deref(), Some("client_id" | "redirect_uri")) {
            return Err(REPEATED.into());
        }
        let client = self.client(request.client_id.as_deref().unwrap_or_default()).await?.ok_or(CLIENT_UNKNOWN)?;
        let redirect_uri = request.redirect_uri.as_deref().ok_or(REDIRECT_URI_UNKNOWN)?;
        let registered = client.redirect_uri(redirect_uri).cloned().ok_or(REDIRECT_URI_UNKNOWN)?;
        let mode = request.mode().unwrap_or(ResponseMode::Query);
        Ok(Known { request, client, registered, redirect_uri, mode })
    }

    /// Returns the scopes granted to the client: requested scopes that both the client and the realm allow.
    fn scopes_of(&self, known: &Known<'_>) -> Result<Scopes, ClientError> {
        let (request, client) = (known.request, &known.client);
        if client.pkce && request.code_challenge.is_none() {
            return Err(ClientError("invalid_request", "code_challenge is required"));
        }
        let asked = Scopes::parse(request.scope.as_deref().unwrap_or_default());
        let asked = asked.ok_or(ClientError("invalid_scope", "scope is malformed"))?;
        Ok(self.admitted_scopes(client, &asked))
    }

    /// Requires the user of the browser to be authenticated as requested.
    async fn signed_in<'a>(
        &self,
        known: &'a Known<'a>,
        wishes: &Wishes,
        scopes: Scopes,
        viewer: Option<&Viewer>,
    ) -> Result<Step<Asking<'a>>> {
        let is_silent = wishes.prompts.contains(&Prompt::None);
        let login_required = ClientError("login_required", "The user must sign in");
        let found = match viewer {
            Some(viewer) => self.browser_session_of(viewer).await?,
            None => None,
        };
        let Some((session, user)) = found else {
            let first = if wishes.prompts.contains(&Prompt::Create) { Authorized::SignUp } else { Authorized::SignIn };
            return Ok(Err(if is_silent { self.refuse(known, login_required) } else { first }));
        };
        // Steps completed since the request started satisfy it, so that no page is shown twice.
        let is_new = session.auth_time >= known.request.asked_at();
        match self.is_hinted(known, &user) {
            Err(error) => return Ok(Err(self.refuse(known, error))),
            Ok(false) if is_silent || is_new => return Ok(Err(self.refuse(known, login_required))),
            Ok(false) => return Ok(Err(Authorized::SignIn)),
            Ok(true) => {}
        }
        let has = |prompt| wishes.prompts.contains(&prompt);
        if has(Prompt::SelectAccount) && !is_new {
            return Ok(Err(Authorized::SignIn));
        }
        let age = self.ctx.now.since(session.auth_time);
        let is_answered = is_new && age <= ANSWERED_FOR;
        let is_old = wishes.max_age.is_some_and(|most| age > most) && !is_answered;
        let is_old = is_old || (has(Prompt::Login) && !is_new);
        let acr = match self.assured(known, wishes, (&session, &user), is_old).await? {
            Ok(acr) => acr,
            Err(Authorized::Confirm(_)) if is_silent => return Ok(Err(self.refuse(known, login_required))),
            Err(instead) => return Ok(Err(instead)),
        };
        Ok(Ok(Asking { known, user, session, scopes, acr }))
    }

    /// Returns the session of a viewer and its user as stored.
    async fn browser_session_of(&self, viewer: &Viewer) -> Result<Option<(Session, User)>> {
        let session = self.ports.store.session(&self.realm.name, viewer.session()).await?;
        let is_open = |session: &Session| {
            session.kind == SessionKind::Browser
                && session.is_live(self.ctx.now)
                // The value of the cookie may have been replaced since it was read.
                && viewer.cookie().is_none_or(|cookie| *cookie == session.family.current)
        };
        let Some(session) = session.filter(is_open) else { return Ok(None) };
        let user = self.ports.store.user(&self.realm.name, &session.user).await?;
        Ok(user.map(|user| (session, user)))
    }

    /// Returns whether the user matches `id_token_hint`, if the request has one.
    fn is_hinted(&self, known: &Known<'_>, user: &User) -> Result<bool, ClientError> {
        let Some(hint) = known.request.id_token_hint.as_deref() else { return Ok(true) };
        let hint =
            self.tokens.verify_hint(&self.realm.name, hint).ok().filter(|hint| hint.aud == known.client.id.as_str());
        let hint = hint.ok_or(ClientError("invalid_request", "id_token_hint is not an ID token of this client"))?;
        Ok(hint.sub == user.id.as_str())
    }

    /// Requires the lowest assurance of the client, the first class of the request that can be met, and a new
    /// authentication if that of the session is too old.
    async fn assured(
        &self,
        known: &Known<'_>,
        wishes: &Wishes,
        (session, user): (&Session, &User),
        is_old: bool,
    ) -> Result<Step<Assurance>> {
        let lowest = known.client.acr.unwrap_or(Assurance::OneFactor);
        let wanted = if wishes.acr.is_empty() { vec![Assurance::OneFactor] } else { wishes.acr.clone() };
        let has = session.assurance();
        let reachable = if is_old { self.reachable(user).await? } else { has.max(self.reachable(user).await?) };
        let Some(first) = wanted.into_iter().map(|one| one.max(lowest)).find(|one| reachable >= *one) else {
            return Ok(Err(self.refuse(known, UNMET_AUTHENTICATION)));
        };
        if is_old || has < first {
            return Ok(Err(Authorized::Confirm(Lacking::new(first, is_old))));
        }
        // Resistance to phishing is named only where it was asked for.
        Ok(Ok(if first == Assurance::PhishingResistant { has } else { has.min(Assurance::TwoFactors) }))
    }

    /// Returns the highest assurance that an account can reach.
    async fn reachable(&self, user: &User) -> Result<Assurance> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let factors = self.accepted_factors(user, &key).await?;
        Ok(match () {
            () if !factors.passkeys.is_empty() => Assurance::PhishingResistant,
            () if !factors.totp.is_empty() || factors.sms.is_some() => Assurance::TwoFactors,
            () => Assurance::OneFactor,
        })
    }

    /// Returns an error response to the client.
    pub(super) fn refuse(&self, known: &Known<'_>, ClientError(error, description): ClientError) -> Authorized {
        tracing::debug!(realm = %self.realm.name, client = %known.client.id, error, "authorization rejected");
        self.answer(known, vec![("error", error.to_owned()), ("error_description", description.to_owned())])
    }

    /// Returns a response to the client: these parameters, `state` and `iss` (RFC 9207).
    pub(super) fn answer(&self, known: &Known<'_>, mut parameters: Vec<(&'static str, String)>) -> Authorized {
        parameters.extend(known.request.state.clone().map(|state| ("state", state)));
        parameters.push(("iss", self.tokens.issuer(&self.realm.name)));
        Authorized::Answer(ClientAnswer { redirect_uri: known.redirect_uri.to_owned(), mode: known.mode, parameters })
    }

    async fn answer_with_code(&self, asking: &Asking<'_>, consent: Option<GivenConsent>) -> Result<Option<Authorized>> {
        let code = code::issue(self, asking, consent).await?;
        Ok(code.map(|code| self.answer(asking.known, vec![("code", code.expose().to_owned())])))
    }
}
