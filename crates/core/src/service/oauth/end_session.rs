//! `end_session`: a client asks to sign the user out (OpenID Connect RP-Initiated Logout 1.0).

use super::OAuth;
use crate::{
    error::{
        Result,
        catalogue::{CLIENT_UNKNOWN, HINT_INVALID, POST_LOGOUT_UNKNOWN, REPEATED},
    },
    id::SessionId,
    oauth::{EndSessionRequest, RegisteredClient},
    service::Viewer,
    session::SessionKind,
    token::IdTokenHint,
};

/// What happens with a request.
#[derive(Debug)]
pub enum SignedOut {
    /// The session of the browser ends at once, if it has one, and the browser goes to this client.
    Now(Option<Returning>),
    /// The user is asked first.
    Ask(EndSessionRequest),
}

/// Where a browser goes after it was signed out.
#[derive(Debug)]
pub struct Returning {
    pub redirect_uri: String,
    pub state: Option<String>,
}

/// A request that was checked.
struct Checked {
    hint: Option<IdTokenHint>,
    client: Option<RegisteredClient>,
}

impl OAuth<'_> {
    /// Checks a request, and decides whether the user must be asked: a client may end the session that it belongs to,
    /// and no other.
    ///
    /// # Errors
    /// Returns `NotFound` if the realm cannot have clients, `Malformed` if the hint, the client and the redirect URI do
    /// not belong together, because nothing may then be sent there, and `Unavailable` if the store fails.
    pub async fn end_session_of_browser(
        &self,
        request: &EndSessionRequest,
        viewer: Option<&Viewer>,
    ) -> Result<SignedOut> {
        let checked = self.checked_end(request).await?;
        let Some(viewer) = viewer else { return Ok(SignedOut::Now(returning(request))) };
        if let Some(hint) = &checked.hint
            && self.is_of_session(hint, viewer).await?
        {
            return Ok(SignedOut::Now(returning(request)));
        }
        // The hint has done its part.
        let client_id = checked.client.map(|client| client.id.as_str().to_owned());
        Ok(SignedOut::Ask(EndSessionRequest { id_token_hint: None, client_id, ..request.clone() }))
    }

    /// Returns where the browser goes now that it is signed out. The request is checked again.
    ///
    /// # Errors
    /// Returns the same errors as [`end_session_of_browser`](Self::end_session_of_browser).
    pub async fn after_end(&self, request: &EndSessionRequest) -> Result<Option<Returning>> {
        self.checked_end(request).await?;
        Ok(returning(request))
    }

    async fn checked_end(&self, request: &EndSessionRequest) -> Result<Checked> {
        self.require_on()?;
        if request.is_repeated {
            return Err(REPEATED.into());
        }
        let hint = request.id_token_hint.as_deref().map(|hint| self.tokens.verify_hint(&self.realm.name, hint));
        let hint = hint.transpose().map_err(|reason| HINT_INVALID.because(reason))?;
        let named = [request.client_id.as_deref(), hint.as_ref().map(|hint| hint.aud.as_str())];
        let client = match named {
            [Some(named), Some(hinted)] if named != hinted => return Err(HINT_INVALID.into()),
            [Some(id), _] | [None, Some(id)] => Some(self.client(id).await?.ok_or(CLIENT_UNKNOWN)?),
            [None, None] => None,
        };
        if let Some(uri) = request.redirect_uri() {
            let client = client.as_ref().ok_or(POST_LOGOUT_UNKNOWN)?;
            if !client.post_logout_redirect_uris.iter().any(|known| known.as_str() == uri) {
                return Err(POST_LOGOUT_UNKNOWN.into());
            }
        }
        Ok(Checked { hint, client })
    }

    /// Returns whether an ID token was made in the session of a browser.
    async fn is_of_session(&self, hint: &IdTokenHint, viewer: &Viewer) -> Result<bool> {
        if hint.sub != viewer.account().id.as_str() {
            return Ok(false);
        }
        let Some(id) = SessionId::parse(&hint.sid) else { return Ok(false) };
        let session = self.ports.store.session(&self.realm.name, &id).await?;
        let grant = session.filter(|session| session.kind == SessionKind::Client).and_then(|session| session.grant);
        Ok(grant.is_some_and(|grant| grant.parent == *viewer.session() && grant.client.as_str() == hint.aud))
    }
}

fn returning(request: &EndSessionRequest) -> Option<Returning> {
    let redirect_uri = request.redirect_uri()?.to_owned();
    Some(Returning { redirect_uri, state: request.state.clone() })
}
