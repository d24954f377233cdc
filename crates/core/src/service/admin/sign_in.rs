//! Sign-in and sign-out of administrators.

use zeroize::Zeroizing;

use super::Administration;
use crate::{
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{ADMIN_CODE_REQUIRED, ADMIN_SIGN_IN, MFA_INVALID},
    },
    limit::LimitKind,
    port::CommitError,
    service::{Administrator, Credentials, Entry, FieldErrors, RawField, SecondFactor},
};

/// A new session of an administrator.
pub struct SignedIn {
    /// Value of the cookie.
    pub cookie: Zeroizing<String>,
    /// Maximum lifetime of the session.
    pub lifetime: std::time::Duration,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(…)")
    }
}

impl Administration<'_> {
    /// Signs an administrator in with email address, password and, with two-step verification, a code.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are missing, `Refused` if the password is wrong, `BadLink` if the code is wrong,
    /// `Forbidden` if a code is required, `Limited` if a limit is reached, `Overloaded` if too many passwords are
    /// being hashed, and `Unavailable` if the store fails.
    pub async fn sign_in(&self, email: &RawField, password: &RawField, second: SecondFactor<'_>) -> Result<SignedIn> {
        let mut errors = FieldErrors::default();
        let both = errors.text("email", email).zip(errors.text("password", password));
        errors.finish(both)?;
        let client = self.charge_client(LimitKind::AdminSignIn, self.settings.limits.admin_sign_in_client).await?;
        let credentials = Credentials { username: email, password, devices: &[], second };
        let entry = self.sessions().login(&credentials).await.and_then(|outcome| outcome.into_result());
        match entry {
            Ok(Entry::LoggedIn(logged_in)) => {
                self.refund(client).await;
                let cookie = logged_in.tokens.refresh.expose();
                Ok(SignedIn { cookie, lifetime: self.realm.policy.session_max_age })
            }
            // The password is correct but the code is wrong. The response is the same as for a wrong password.
            Ok(Entry::Challenged(_)) if second.is_given() => Err(MFA_INVALID.into()),
            // The client can retry with a code.
            Ok(Entry::Challenged(_)) => {
                self.refund(client).await;
                Err(ADMIN_CODE_REQUIRED.into())
            }
            Err(error) => {
                if error.kind().is_ours() {
                    self.refund(client).await;
                }
                Err(error)
            }
        }
    }

    /// Ends the session of an administrator.
    ///
    /// # Errors
    /// Returns `NoCredentials` if the session has ended or the caller has none, and `Unavailable` if the store fails.
    pub async fn sign_out(&self, admin: &Administrator) -> Result<()> {
        let owner = admin.owner().ok_or(ADMIN_SIGN_IN)?;
        let audit = self.audit(Event::LoggedOut).user(owner);
        match self.commit(batch![self.end_session(owner.session()), audit]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Failed(_)) => Err(ADMIN_SIGN_IN.into()),
            Err(error) => Err(Error::from(error)),
        }
    }
}
