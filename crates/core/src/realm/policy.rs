use std::time::Duration;

use super::{OpenId, Signup, SignupField};
use crate::{
    account::password::Policy,
    factor::{Method, MfaPolicy},
    federation::{LinkPolicy, Provider},
};

/// Settings that can differ between realms.
#[derive(Debug, Clone)]
pub struct RealmPolicy {
    /// Setting `SIGNUP`.
    pub signup: Signup,
    /// Required fields of a registration in addition to email address and password.
    pub signup_required: Vec<SignupField>,
    /// Rules for new passwords.
    pub password: Policy,
    /// Lifetime of an unverified registration.
    pub registration_ttl: Duration,
    /// Lifetime of an invitation.
    pub invitation_ttl: Duration,
    /// Lifetime of a verification link, which starts when its email is handed over.
    pub verification_ttl: Duration,
    /// Lifetime of a reset link, which starts when its email is handed over.
    pub reset_ttl: Duration,
    /// How long a previous address remains reserved, and how long a change of address or password can be undone.
    pub email_undo_window: Duration,
    /// Whether at most one user can have a verified phone number.
    pub phone_unique: bool,
    /// Whether users may sign in with a mailed code.
    pub email_signin: bool,
    /// Lifetime of a mailed sign-in code.
    pub signin_code_ttl: Duration,
    /// Lifetime of an SMS code.
    pub otp_ttl: Duration,
    /// Whether the owner is notified of a sign-in from an unknown device.
    pub new_device_mail: bool,
    /// Lifetime of an access token.
    pub access_token_ttl: Duration,
    /// Lifetime of an unused refresh token.
    pub refresh_token_ttl: Duration,
    /// Maximum duration of a session.
    pub session_max_age: Duration,
    /// Maximum number of live sessions per user.
    pub sessions_max: usize,
    /// How long a rotated refresh token may be reused.
    pub refresh_grace: Duration,
    /// Maximum age of the login for sensitive operations.
    pub fresh_auth_age: Duration,
    /// Whether users may sign in with passkeys.
    pub passkeys: bool,
    /// Policy for second factors.
    pub mfa_policy: MfaPolicy,
    /// Kinds of second factors that can be added and used.
    pub mfa_methods: Vec<Method>,
    /// Lifetime of a ticket between the two steps of a login.
    pub mfa_ttl: Duration,
    /// How long a trusted device needs no second factor. Zero disables trusted devices.
    pub mfa_remember: Duration,
    /// How long the addition of a factor can be undone. Zero disables the undo.
    pub addition_undo: Duration,
    /// Whether browsers can sign in on pages.
    pub pages: bool,
    /// Sign-in providers in display order.
    pub providers: Vec<Provider>,
    /// When to link an identity whose address belongs to an existing user.
    pub social_link: LinkPolicy,
    /// Lifetime of an unused browser session.
    pub browser_session_idle: Duration,
    /// Maximum duration of a browser session.
    pub browser_session_max_age: Duration,
    /// Idle and maximum duration of persistent browser sessions. Zero disables them.
    pub browser_remember: Duration,
    /// Maximum age of the login for deleting the account.
    pub delete_max_auth_age: Duration,
    /// Clients and their scopes.
    pub openid: OpenId,
}

impl RealmPolicy {
    /// Returns whether anyone may register.
    #[must_use]
    pub fn is_signup_open(&self) -> bool {
        self.signup == Signup::Open
    }
}
