//! First steps of administration: whether an owner exists, and the two-step sign-in used by pages.

use super::{Administration, SignedIn};
use crate::{
    error::{Error, Result, catalogue::MFA_INVALID},
    limit::LimitKind,
    link::LinkToken,
    service::{Challenged, Completed, Completion, Credentials, Entry, LoggedIn, RawField, SecondFactor},
};

/// Result of the first step of a sign-in.
#[derive(Debug)]
pub enum SignInStep {
    SignedIn(SignedIn),
    /// The password is correct, and the ticket requires the code of a second factor.
    Challenged(Challenged),
}

impl Administration<'_> {
    /// Returns whether an owner exists. Until then the dashboard explains how to create one.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the register of owners cannot be decrypted.
    pub async fn has_owner(&self) -> Result<bool> {
        Ok(!self.owners().await?.owners.is_empty())
    }

    /// Creates a setup code for the first owner. It works once, within 30 minutes.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn begin_first_owner(&self) -> Result<LinkToken> {
        self.accounts().begin_first_owner().await
    }

    /// Creates the first owner with such a setup code.
    ///
    /// # Errors
    /// Returns `BadLink` if the token is invalid or an owner exists, `Invalid` if a field is invalid, `Conflict` if the
    /// address belongs to an administrator, `Limited` if a rate limit is reached, `Overloaded` if the hash queue is
    /// full, and `Unavailable` if the store fails.
    pub async fn make_first_owner(&self, token: &str, email: &RawField, password: &RawField) -> Result<()> {
        self.accounts().make_first_owner(token, email, password).await
    }

    /// Starts the sign-in of an administrator with email address and password, and optionally the code of a second
    /// factor.
    ///
    /// # Errors
    /// Returns `Refused` if the password or code is wrong, `Limited` if a limit is reached, `Overloaded` if too many
    /// passwords are being hashed, and `Unavailable` if the store fails.
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
    /// Returns `Refused` if the code is wrong or the ticket is used, `Malformed` if there is no code, `Limited` if a
    /// limit is reached, and `Unavailable` if the store fails.
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
