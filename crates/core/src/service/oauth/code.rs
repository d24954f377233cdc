//! Issues authorization codes.

use super::{OAuth, authorize::Asking, consent::GivenConsent};
use crate::{
    batch,
    error::Result,
    link::{Challenge, LinkAction, LinkToken, Purpose},
    oauth::{CODE_KEPT, CODE_TTL, CodeNote},
    port::{ChallengeOp, Precondition},
};

/// Issues a code. Returns `None` if the browser session or the consent has changed since it was read.
pub(super) async fn issue(
    oauth: &OAuth<'_>,
    asking: &Asking<'_>,
    consent: Option<GivenConsent>,
) -> Result<Option<LinkToken>> {
    let (ctx, realm, user) = (oauth.ctx, oauth.realm, &asking.user);
    let key = user.envelope.key(&realm.keys, &user.id)?;
    let request = asking.known.request;
    let note = CodeNote {
        client: asking.known.client.id.as_str().to_owned(),
        redirect_uri: asking.known.redirect_uri.to_owned(),
        challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        scope: asking.scopes.to_text(),
        session: asking.session.id.as_str().to_owned(),
        acr: Some(asking.acr.acr().to_owned()),
        issued_at: ctx.now.millis(),
        password_set_at: user.password_set_at.millis(),
        opened: None,
    };
    let code = Challenge {
        note: Some(note.seal(ctx, &key)),
        ..Challenge::beginning(ctx, &realm.name, Purpose::Code, &user.id, CODE_TTL + CODE_KEPT)
    };
    let token = LinkToken::derive(&realm.keys, LinkAction::Authorize, &code);
    // Requires the session to be live, with the cookie that was read.
    let mut batch =
        batch![oauth.rotation_to(&asking.session, asking.session.family.current), ChallengeOp::Insert(code)];
    if let Some(consent) = consent {
        batch.extend(oauth.consent_ops((user, &key), &consent));
    }
    let lost = [Precondition::RefreshNewest, Precondition::RecordRevision, Precondition::RecordFree];
    let is_done = oauth.commit_unless(batch, &lost).await?;
    Ok(is_done.then_some(token))
}
