//! The audit trail: who did what, when, and how it ended. Addresses stand here as blind index only.

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{RealmName, RequestId, UserId},
    seal::BlindIndex,
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A registration was written.
    Registered,
    /// A verification mail was asked for again.
    VerificationResent,
    /// An address was proved.
    EmailVerified,
    /// A contested registration was settled by its address's owner.
    RegistrationClaimed,
    /// A registration was discarded by its address's owner.
    RegistrationDisowned,
    /// Somebody logged in.
    LoggedIn,
    /// Somebody failed to.
    LoginRefused,
    /// Somebody logged out.
    LoggedOut,
    /// A refresh token was used a second time, long after the first.
    RefreshReused,
    /// A link for a new password was asked for.
    ResetRequested,
    /// A new password was set by a mailed link.
    PasswordReset,
    /// An account was erased by its owner.
    AccountDeleted,
    /// A code by SMS was asked for.
    CodeRequested,
    /// A telephone number was proved.
    PhoneVerified,
    /// Something was asked for more often than is allowed, and was not done.
    LimitReached,
    /// Codes to a country do not come back, and no more are sent there.
    SmsStopped,
}

impl Event {
    /// The word for the store and the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::VerificationResent => "verification_resent",
            Self::EmailVerified => "email_verified",
            Self::RegistrationClaimed => "registration_claimed",
            Self::RegistrationDisowned => "registration_disowned",
            Self::LoggedIn => "logged_in",
            Self::LoginRefused => "login_refused",
            Self::LoggedOut => "logged_out",
            Self::RefreshReused => "refresh_reused",
            Self::ResetRequested => "reset_requested",
            Self::PasswordReset => "password_reset",
            Self::AccountDeleted => "account_deleted",
            Self::CodeRequested => "code_requested",
            Self::PhoneVerified => "phone_verified",
            Self::LimitReached => "limit_reached",
            Self::SmsStopped => "sms_stopped",
        }
    }
}

/// One row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub realm: RealmName,
    /// What.
    pub event: Event,
    /// Why it was refused, if it was: a stable word.
    pub reason: Option<&'static str>,
    /// By or about whom, where that is known.
    pub user: Option<UserId>,
    /// The address that was named.
    pub index: Option<BlindIndex>,
    /// In which request.
    pub request_id: RequestId,
}

impl AuditRow {
    /// A row about this event, here and now.
    #[must_use]
    pub fn new(ctx: &Ctx, realm: &RealmName, event: Event) -> Self {
        Self {
            at: ctx.now,
            realm: realm.clone(),
            event,
            reason: None,
            user: None,
            index: None,
            request_id: ctx.request_id.clone(),
        }
    }

    /// About this user.
    #[must_use]
    pub fn user(self, user: &UserId) -> Self {
        Self { user: Some(user.clone()), ..self }
    }

    /// About this address.
    #[must_use]
    pub fn index(self, index: BlindIndex) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Refused for this reason.
    #[must_use]
    pub fn reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}
