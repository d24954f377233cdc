//! Signing in and out of administration.

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
    /// Longest lifetime of the session.
    pub lifetime: std::time::Duration,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(…)")
    }
}

impl Administration<'_> {
    /// Signs an administrator in by address and password and, with two-step on, a code.
    ///
    /// # Errors
    /// Invalid, for missing fields; refused, for a wrong password; bad link, for a wrong code; forbidden, without a code; limited; overloaded; unavailable.
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
            // The password is right, but the code is wrong, which counts like a wrong password.
            Ok(Entry::Challenged(_)) if second.is_given() => Err(MFA_INVALID.into()),
            // The client may try again with the code.
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
    /// No credentials, if it has ended or is no session; unavailable.
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
