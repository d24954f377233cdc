use std::time::Duration;

use crate::account::password::Policy;

/// Settings that each realm can have of its own.
#[derive(Debug, Clone)]
pub struct RealmPolicy {
    /// Rules for new passwords.
    pub password: Policy,
    /// Time that a registration waits for its verification.
    pub registration_ttl: Duration,
    /// Lifetime of a verification link, from the hand-over of its mail.
    pub verification_ttl: Duration,
    /// Lifetime of a reset link, from the hand-over of its mail.
    pub reset_ttl: Duration,
    /// Lifetime of a code by SMS.
    pub otp_ttl: Duration,
    /// Lifetime of an access token.
    pub access_token_ttl: Duration,
    /// Time that a refresh token may stay unused.
    pub refresh_token_ttl: Duration,
    /// Longest duration of a session.
    pub session_max_age: Duration,
    /// Time after a login in which the account can be deleted.
    pub delete_max_auth_age: Duration,
}
