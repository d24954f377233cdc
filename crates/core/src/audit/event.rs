//! Catalogue of audit events. Each has a stored name, a default outcome and actor, its visibility to the user, and
//! the allowed keys of its details.

use super::{ActorKind, Outcome};

/// Detail key for the first request IDs of repeated rejections.
pub(crate) const REQUESTS: &str = "requests";
/// Detail key for the route of a rejected request.
pub(crate) const ROUTE: &str = "route";

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $outcome:ident, $actor:ident, $eyes:ident, [$($key:literal),*];)*) => {
        /// An event of the audit trail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// All events, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the stored name, which is also logged. Stored names must not change.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Returns the default outcome of the event.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self {
                    $(Self::$name => Outcome::$outcome,)*
                }
            }

            /// Returns the default actor of the event.
            pub(crate) const fn actor(self) -> ActorKind {
                match self {
                    $(Self::$name => ActorKind::$actor,)*
                }
            }

            /// Returns whether the event is visible to the user it concerns.
            #[must_use]
            pub const fn is_shown(self) -> bool {
                match self {
                    $(Self::$name => events!(@$eyes),)*
                }
            }

            /// Returns the allowed keys of the details.
            const fn details(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($key),*],)*
                }
            }
        }
    };
    (@Shown) => { true };
    (@Hidden) => { false };
}

events! {
    /// A registration was created.
    Registered: "registered", Ok, Anonymous, Shown, [];
    /// Another verification email was requested.
    VerificationResent: "verification_resent", Ok, Anonymous, Hidden, [];
    /// An address was verified.
    EmailVerified: "email_verified", Ok, User, Shown, [];
    /// The owner of a contested address set the first password.
    RegistrationClaimed: "registration_claimed", Ok, User, Shown, [];
    /// The owner of the address rejected a registration.
    RegistrationRejected: "registration_disowned", Ok, Anonymous, Hidden, [];
    LoggedIn: "logged_in", Ok, User, Shown, ["method", "client"];
    /// A user signed in from an unknown device.
    NewDevice: "new_device", Ok, User, Shown, [];
    LoginRefused: "login_refused", Refused, Anonymous, Shown, [];
    LoggedOut: "logged_out", Ok, User, Shown, [];
    /// A refresh token was reused shortly after a rotation, but too late for a retry. The session continues.
    RefreshRepeated: "refresh_repeated", Ok, Anonymous, Hidden, [];
    /// A refresh token was reused, and its session revoked.
    RefreshReused: "refresh_reused", Refused, Anonymous, Shown, [];
    /// A password reset link was requested.
    ResetRequested: "reset_requested", Ok, Anonymous, Shown, [];
    /// A new password was set through an emailed link.
    PasswordReset: "password_reset", Ok, User, Shown, [];
    /// A signed-in user entered a wrong current password.
    PasswordRefused: "password_refused", Refused, User, Shown, [];
    /// A signed-in user changed the password.
    PasswordChanged: "password_changed", Ok, User, Shown, [];
    /// A signed-in user requested an email address change.
    EmailChangeRequested: "email_change_requested", Ok, User, Shown, [];
    /// A signed-in user cancelled an email address change.
    EmailChangeDropped: "email_change_dropped", Ok, User, Shown, [];
    /// The email address was changed.
    EmailChanged: "email_changed", Ok, User, Shown, [];
    /// An email address change was undone.
    EmailChangeUndone: "email_change_undone", Ok, User, Shown, [];
    /// A password change was undone.
    PasswordChangeUndone: "password_change_undone", Ok, User, Shown, [];
    /// The phone number was changed.
    PhoneChanged: "phone_changed", Ok, User, Shown, [];
    /// The phone number was removed.
    PhoneRemoved: "phone_removed", Ok, User, Shown, [];
    /// A signed-in user changed the profile.
    ProfileChanged: "profile_changed", Ok, User, Shown, [];
    /// A user ended a session.
    SessionEnded: "session_ended", Ok, User, Shown, ["ended"];
    /// A user ended all other sessions.
    SessionsEnded: "sessions_ended", Ok, User, Shown, ["number"];
    /// The user completed step-up authentication.
    SteppedUp: "stepped_up", Ok, User, Shown, [];
    /// A user exported their personal data.
    Exported: "exported", Ok, User, Shown, [];
    /// A second factor was requested, for a login or for step-up authentication.
    MfaChallenged: "mfa_challenged", Ok, User, Shown, [];
    /// A second factor was verified.
    MfaPassed: "mfa_passed", Ok, User, Shown, ["method"];
    MfaRefused: "mfa_refused", Refused, User, Shown, [];
    FactorAdded: "factor_added", Ok, User, Shown, ["factor", "type"];
    FactorRemoved: "factor_removed", Ok, User, Shown, ["factor", "type"];
    /// A newly added factor was removed through an emailed link.
    AdditionUndone: "addition_undone", Ok, User, Shown, ["factor", "type"];
    /// A passkey ceremony failed.
    PasskeyRefused: "passkey_refused", Refused, Anonymous, Shown, [];
    /// The signature counter of a passkey did not increase. The passkey may have been cloned.
    PasskeyCounter: "passkey_counter", Refused, User, Shown, ["factor"];
    /// An account at another provider was linked.
    IdentityLinked: "identity_linked", Ok, User, Shown, ["provider"];
    IdentityUnlinked: "identity_unlinked", Ok, User, Shown, ["provider"];
    /// A sign-in with another provider was rejected.
    SocialRefused: "social_refused", Refused, Anonymous, Shown, ["provider"];
    /// A sign-in code was requested by mail.
    SigninCodeRequested: "signin_code_requested", Ok, Anonymous, Shown, [];
    /// An emailed sign-in code or link was rejected.
    SigninCodeRefused: "signin_code_refused", Refused, Anonymous, Shown, [];
    /// A user removed the password of their account.
    PasswordRemoved: "password_removed", Ok, User, Shown, [];
    /// A recovery code was used.
    RecoveryUsed: "recovery_used", Ok, User, Shown, ["left"];
    /// The recovery codes were regenerated.
    RecoveryRenewed: "recovery_renewed", Ok, User, Shown, [];
    TwoStepChanged: "two_step_changed", Ok, User, Shown, ["two_step"];
    /// A device was marked as trusted and skips the second factor.
    DeviceTrusted: "device_trusted", Ok, User, Shown, [];
    /// Trusted devices were revoked.
    DeviceDistrusted: "device_distrusted", Ok, User, Shown, ["number"];
    /// An administrator attempted a change while impersonating a user.
    ImpersonationRefused: "impersonation_refused", Refused, User, Hidden, [];
    /// A service sent invalid client credentials.
    ClientRefused: "client_refused", Refused, Anonymous, Hidden, [];
    /// A user gave an application consent.
    ConsentGiven: "consent_given", Ok, User, Shown, ["client", "scope"];
    /// A user took back what a client could see or do.
    ConsentWithdrawn: "consent_withdrawn", Ok, User, Shown, ["client"];
    /// An authorization code was used again, and the session opened with it was revoked.
    CodeReused: "code_reused", Refused, Anonymous, Shown, ["client"];
    /// A client was added, changed or removed.
    ClientChanged: "client_changed", Ok, Admin, Hidden, ["client", "change"];
    /// A user ended all sessions because another person may have had access.
    AccountSecured: "account_secured", Ok, User, Shown, [];
    /// A user deleted their account.
    AccountDeleted: "account_deleted", Ok, User, Shown, [];
    /// An SMS code was requested.
    CodeRequested: "code_requested", Ok, Anonymous, Shown, [];
    /// A phone number was verified.
    PhoneVerified: "phone_verified", Ok, User, Shown, [];
    /// Sign-ins of administrators, successful and rejected.
    AdminSignedIn: "admin_signed_in", Ok, User, Shown, [];
    AdminRefused: "admin_refused", Refused, Anonymous, Hidden, ["route"];
    AdminInvited: "admin_invited", Ok, Admin, Hidden, ["grants"];
    AdminGranted: "admin_granted", Ok, Admin, Hidden, ["admin", "grants"];
    AdminRevoked: "admin_revoked", Ok, Admin, Hidden, ["admin", "grants"];
    AdminKeyCreated: "admin_key_created", Ok, Admin, Hidden, ["key", "grants", "allow"];
    AdminKeyRevoked: "admin_key_revoked", Ok, Admin, Hidden, ["key"];
    /// Users were listed or searched. The details contain the names of the filters, never their values.
    UsersListed: "users_listed", Ok, Admin, Hidden, ["filters", "scanned"];
    ProfileRead: "profile_read", Ok, Admin, Hidden, [];
    UserCreated: "user_created", Ok, Admin, Shown, [];
    UserInvited: "user_invited", Ok, Admin, Hidden, ["again"];
    /// An administrator edited a user. The details contain the names of the changed fields.
    UserEdited: "user_edited", Ok, Admin, Shown, ["fields"];
    UserLocked: "user_locked", Ok, Admin, Shown, ["until"];
    UserUnlocked: "user_unlocked", Ok, Admin, Shown, [];
    UserVerified: "user_verified", Ok, Admin, Shown, ["what"];
    UserCompromised: "user_compromised", Ok, Admin, Shown, [];
    UserUnthrottled: "user_unthrottled", Ok, Admin, Shown, [];
    UserErased: "user_erased", Ok, Admin, Hidden, [];
    InvitationAccepted: "invitation_accepted", Ok, User, Shown, [];
    /// An administrator created a password reset link, delivered by mail or in the response.
    ResetStarted: "reset_started", Ok, Admin, Shown, ["deliver"];
    RealmSessionsEnded: "realm_sessions_ended", Ok, Admin, Hidden, [];
    ImpersonationBegan: "impersonation_began", Ok, Admin, Shown, ["session", "minutes"];
    /// An impersonation session ended because the administrator signed out, lost the grant or was removed.
    ImpersonationEnded: "impersonation_ended", Ok, Admin, Shown, [];
    OutboxRetried: "outbox_retried", Ok, Admin, Hidden, ["row", "kind"];
    OutboxDropped: "outbox_dropped", Ok, Admin, Hidden, ["row", "kind"];
    KeysRotated: "keys_rotated", Ok, Admin, Hidden, ["kid"];
    KeyRetired: "key_retired", Ok, Admin, Hidden, ["kid"];
    /// Audit rows were exported.
    AuditExported: "audit_exported", Ok, Admin, Hidden, ["realm", "from", "to", "blocks", "sealed"];
    /// Retention removed old rows. The details name the last removed block and position.
    AuditPruned: "audit_pruned", Ok, Server, Hidden, ["chain", "block", "position"];
    /// A new key signs the blocks from now on. The key before it has signed the new one.
    AuditKeyChanged: "audit_key_changed", Ok, Admin, Hidden, ["kid", "public_key", "by", "signature"];
    /// A rate limit prevented a message from being sent.
    LimitReached: "limit_reached", Refused, Anonymous, Hidden, [];
    /// SMS codes to a country were suspended because of a low conversion rate.
    SmsStopped: "sms_stopped", Refused, Anonymous, Hidden, [];
}

impl Event {
    /// Returns the variant of the event for the administrators' realm.
    pub(crate) const fn of_administrators(self) -> Self {
        match self {
            Self::LoggedIn => Self::AdminSignedIn,
            Self::LoginRefused => Self::AdminRefused,
            other => other,
        }
    }

    /// Returns whether the key is allowed in the details.
    pub(super) fn has_detail(self, key: &str) -> bool {
        self.details().contains(&key) || (self.outcome() == Outcome::Refused && [REQUESTS, ROUTE].contains(&key))
    }
}
