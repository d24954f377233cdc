//! The beginning of administration: whether there is an owner, and a sign-in on pages, in two steps.

use super::{Administration, SignedIn};
use crate::{
    error::{Error, Result, catalogue::MFA_INVALID},
    limit::LimitKind,
    service::{Challenged, Completed, Completion, Credentials, Entry, LoggedIn, RawField, SecondFactor},
};

/// Result of the first step of a sign-in.
#[derive(Debug)]
pub enum SignInStep {
    SignedIn(SignedIn),
    /// The password is right, and the ticket waits for the code of a second factor.
    Challenged(Challenged),
}

impl Administration<'_> {
    /// Returns whether there is an owner. Until there is one, the dashboard explains how to make the first.
    ///
    /// # Errors
    /// Unavailable; internal, if the register of owners does not open.
    pub async fn has_owner(&self) -> Result<bool> {
        Ok(!self.owners().await?.owners.is_empty())
    }

    /// Begins to sign an administrator in by address and password, with the code of a second factor if it is already known.
    ///
    /// # Errors
    /// Refused, for a wrong password or code; limited; overloaded; unavailable.
    pub async fn begin_sign_in(
        &self,
        email: &RawField,
        password: &RawField,
        second: SecondFactor<'_>,
    ) -> Result<SignInStep> {
        let client = self.charge_client(LimitKind::AdminSignIn, self.settings.limits.admin_sign_in_client).await?;
        let credentials = Credentials { username: email, password, devices: &[], second };
        let entry = self.sessions().login(&credentials).await.and_then(|outcome| outcome.into_result());
        if entry.as_ref().err().is_none_or(|error| error.kind().is_ours()) {
            self.refund(client).await;
        }
        match entry? {
            Entry::LoggedIn(logged_in) => Ok(SignInStep::SignedIn(self.signed_in(&logged_in))),
            Entry::Challenged(challenged) => Ok(SignInStep::Challenged(challenged)),
        }
    }

    /// Completes the sign-in of a ticket with the code of a second factor.
    ///
    /// # Errors
    /// Refused, for a wrong code or a ticket that is spent; malformed, without a code; limited; unavailable.
    pub async fn complete_sign_in(&self, ticket: &RawField, second: SecondFactor<'_>) -> Result<SignedIn> {
        let none = RawField::Missing;
        let completion = Completion { ticket, second, passkey: &none, password: &none, devices: &[] };
        match self.sessions().complete(&completion).await? {
            Completed::LoggedIn(logged_in) => Ok(self.signed_in(&logged_in)),
            Completed::SteppedUp(_) | Completed::Challenged(_) => Err(Error::from(MFA_INVALID)),
        }
    }

    fn signed_in(&self, logged_in: &LoggedIn) -> SignedIn {
        SignedIn { cookie: logged_in.tokens.refresh.expose(), lifetime: self.realm.policy.session_max_age }
    }
}
