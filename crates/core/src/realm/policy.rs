use std::time::Duration;

use super::{Signup, SignupField};
use crate::account::password::Policy;

/// Settings that can differ between realms.
#[derive(Debug, Clone)]
pub struct RealmPolicy {
    /// Who may register.
    pub signup: Signup,
    /// Fields that a registration must have, beside address and password.
    pub signup_required: Vec<SignupField>,
    /// Rules for new passwords.
    pub password: Policy,
    /// Lifetime of a registration that is not verified.
    pub registration_ttl: Duration,
    /// Lifetime of a verification link, from the hand-over of its mail.
    pub verification_ttl: Duration,
    /// Lifetime of a reset link, from the hand-over of its mail.
    pub reset_ttl: Duration,
    /// Time for which an earlier address is reserved, and for which a change of address or password can be undone.
    pub email_undo_window: Duration,
    /// Lifetime of a code by SMS.
    pub otp_ttl: Duration,
    /// Lifetime of an access token.
    pub access_token_ttl: Duration,
    /// Lifetime of an unused refresh token.
    pub refresh_token_ttl: Duration,
    /// Maximum duration of a session.
    pub session_max_age: Duration,
    /// Number of live sessions of a user.
    pub sessions_max: usize,
    /// Time for which a rotated refresh token may be repeated.
    pub refresh_grace: Duration,
    /// Maximum age of the login for changes of what protects the account.
    pub fresh_auth_age: Duration,
    /// Maximum age of the login when the account is deleted.
    pub delete_max_auth_age: Duration,
}
