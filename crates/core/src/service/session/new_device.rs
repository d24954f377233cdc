//! Sign-ins from unknown devices, which are recorded in the audit trail and reported to the owner.

use std::net::IpAddr;

use super::{Sessions, step::Passed};
use crate::{
    account::Profile,
    audit::Event,
    batch,
    clock::Timestamp,
    error::Result,
    id::SessionId,
    limit::Network,
    message::{MessageKind, Recipient, SealedSignIn, SignIn},
    port::Batch,
    session::{Session, SessionClient, device_name},
};

/// Number of sessions read first. Most users sign in with the device they last used, so their other sessions, up to a
/// hundred, rarely have to be read.
const FEW: usize = 4;
/// Number of latest events that are searched for an earlier sign-in. An account with more events is not new.
const EVENTS: usize = 200;

impl Sessions<'_> {
    /// Returns the operations that report a sign-in, if the device is unknown and it is not the first sign-in of the
    /// account. A device is known by its own value, or by a live session with the same browser, operating system and
    /// network.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub(super) async fn new_device(
        &self,
        passed: &Passed,
        profile: &Profile,
        is_known: bool,
        session: &SessionId,
    ) -> Result<Batch> {
        if is_known || !self.realm.policy.new_device_mail {
            return Ok(Batch::new());
        }
        let user = &passed.owner.user;
        let few = self.ports.store.few_sessions_of(&self.realm.name, &user.id, FEW).await?;
        let is_first = few.is_empty() && !self.has_signed_in(passed).await?;
        if is_first || self.has_session_like_this(passed, &few)? {
            return Ok(Batch::new());
        }
        if few.len() == FEW {
            let all = self.ports.store.sessions_of(&self.realm.name, &user.id).await?;
            if self.has_session_like_this(passed, &all)? {
                return Ok(Batch::new());
            }
        }
        let client = &self.ctx.client;
        let sign_in = SignIn {
            device: client.agent.as_deref().and_then(device_name),
            ip: client.ip.map(|ip| ip.to_string()),
            at: self.ctx.now.millis(),
        };
        let sign_in = SealedSignIn::seal(self.ctx, &passed.owner.key, &user.id, &sign_in)?;
        let recipient = Recipient { sealed_sign_in: Some(sign_in), ..Recipient::of(profile) };
        Ok(batch![
            self.message(MessageKind::NewDevice, &recipient, None)?,
            self.audit(Event::NewDevice).user(user).session(session),
        ])
    }

    /// Returns whether there is a live session with this browser, operating system and network.
    fn has_session_like_this(&self, passed: &Passed, sessions: &[Session]) -> Result<bool> {
        let of = |client: &SessionClient| {
            let network = client.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok()).map(Network::client);
            (client.agent.as_deref().and_then(device_name), network)
        };
        let this = of(&SessionClient::from(&self.ctx.client));
        for session in sessions.iter().filter(|session| session.is_live(self.ctx.now) && session.impersonator.is_none())
        {
            if of(&SessionClient::open(&passed.owner.key, &session.client)?) == this {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether the user has signed in before.
    async fn has_signed_in(&self, passed: &Passed) -> Result<bool> {
        let user = &passed.owner.user;
        let events = self.newest_events(&user.id, Timestamp::default(), EVENTS).await?;
        let is_sign_in = |event: &String| event == Event::LoggedIn.as_str();
        Ok(events.len() == EVENTS || events.iter().any(is_sign_in))
    }
}
