//! Catalogue of events: for each its stored name, usual outcome and actor, visibility to the user, and the keys of its details.

use super::{ActorKind, Outcome};

/// Key under which the row of repeated refusals lists the first request ids.
pub(crate) const REQUESTS: &str = "requests";
/// Key under which the row of a refusal names the route.
pub(crate) const ROUTE: &str = "route";

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $outcome:ident, $actor:ident, $eyes:ident, [$($key:literal),*];)*) => {
        /// An event of the audit trail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// All events.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the name for store and log. Names are stored, so their spelling must not change.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Returns the outcome that the event implies.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self {
                    $(Self::$name => Outcome::$outcome,)*
                }
            }

            /// Returns the kind of actor that causes the event.
            pub(crate) const fn actor(self) -> ActorKind {
                match self {
                    $(Self::$name => ActorKind::$actor,)*
                }
            }

            /// Returns whether the user whom the event concerns may see it.
            #[must_use]
            pub const fn is_shown(self) -> bool {
                match self {
                    $(Self::$name => events!(@$eyes),)*
                }
            }

            /// Returns the keys that its details may have.
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
    /// A registration was stored.
    Registered: "registered", Ok, Anonymous, Shown, [];
    /// Another verification email was requested.
    VerificationResent: "verification_resent", Ok, Anonymous, Hidden, [];
    /// An address was verified.
    EmailVerified: "email_verified", Ok, User, Shown, [];
    /// The owner of the address set the first password of a contested registration.
    RegistrationClaimed: "registration_claimed", Ok, User, Shown, [];
    /// The owner of the address discarded a registration.
    RegistrationRejected: "registration_disowned", Ok, Anonymous, Hidden, [];
    LoggedIn: "logged_in", Ok, User, Shown, ["client"];
    /// A user signed in with a device that was not known.
    NewDevice: "new_device", Ok, User, Shown, [];
    LoginRefused: "login_refused", Refused, Anonymous, Shown, [];
    LoggedOut: "logged_out", Ok, User, Shown, [];
    /// A refresh token was presented again, too late for a retry after a lost response. The session continues.
    RefreshRepeated: "refresh_repeated", Ok, Anonymous, Hidden, [];
    /// A refresh token was reused, and its session revoked.
    RefreshReused: "refresh_reused", Refused, Anonymous, Shown, [];
    /// A password reset link was requested.
    ResetRequested: "reset_requested", Ok, Anonymous, Shown, [];
    /// A new password was set through an emailed link.
    PasswordReset: "password_reset", Ok, User, Shown, [];
    /// A signed-in user gave a wrong current password.
    PasswordRefused: "password_refused", Refused, User, Shown, [];
    /// A signed-in user changed the password.
    PasswordChanged: "password_changed", Ok, User, Shown, [];
    /// A signed-in user requested a change of the email address.
    EmailChangeRequested: "email_change_requested", Ok, User, Shown, [];
    /// A signed-in user cancelled a change of the email address.
    EmailChangeDropped: "email_change_dropped", Ok, User, Shown, [];
    /// The email address was changed.
    EmailChanged: "email_changed", Ok, User, Shown, [];
    /// The previous email address was restored.
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
    /// A user ended all sessions but one.
    SessionsEnded: "sessions_ended", Ok, User, Shown, ["number"];
    /// The user of a session authenticated again.
    SteppedUp: "stepped_up", Ok, User, Shown, [];
    /// A user exported everything that is kept about them.
    Exported: "exported", Ok, User, Shown, [];
    /// A password was right, and a second factor is needed; or a session must authenticate again.
    MfaChallenged: "mfa_challenged", Ok, User, Shown, [];
    /// A second factor was right.
    MfaPassed: "mfa_passed", Ok, User, Shown, ["method"];
    MfaRefused: "mfa_refused", Refused, User, Shown, [];
    FactorAdded: "factor_added", Ok, User, Shown, ["factor", "type"];
    FactorRemoved: "factor_removed", Ok, User, Shown, ["factor", "type"];
    /// The addition of a factor was undone through a mailed link.
    AdditionUndone: "addition_undone", Ok, User, Shown, ["factor", "type"];
    /// The ceremony of a passkey was refused.
    PasskeyRefused: "passkey_refused", Refused, Anonymous, Shown, [];
    /// The counter of a passkey has not grown, so that it may have been copied.
    PasskeyCounter: "passkey_counter", Refused, User, Shown, ["factor"];
    /// An account at another provider was linked.
    IdentityLinked: "identity_linked", Ok, User, Shown, ["provider"];
    IdentityUnlinked: "identity_unlinked", Ok, User, Shown, ["provider"];
    /// A sign-in with another provider was refused.
    SocialRefused: "social_refused", Refused, Anonymous, Shown, ["provider"];
    /// The user removed the password of the account.
    PasswordRemoved: "password_removed", Ok, User, Shown, [];
    /// A recovery code was used.
    RecoveryUsed: "recovery_used", Ok, User, Shown, ["left"];
    /// Recovery codes were replaced.
    RecoveryRenewed: "recovery_renewed", Ok, User, Shown, [];
    TwoStepChanged: "two_step_changed", Ok, User, Shown, ["two_step"];
    /// A device needs no second factor from now on.
    DeviceTrusted: "device_trusted", Ok, User, Shown, [];
    /// Trusted devices were removed.
    DeviceDistrusted: "device_distrusted", Ok, User, Shown, ["number"];
    /// An administrator who acts in the name of the user asked for a change.
    ImpersonationRefused: "impersonation_refused", Refused, User, Hidden, [];
    /// A service gave wrong credentials.
    ClientRefused: "client_refused", Refused, Anonymous, Hidden, [];
    /// A user let a client see or do something.
    ConsentGiven: "consent_given", Ok, User, Shown, ["client", "scope"];
    /// An authorization code was used again, and the session that it had opened revoked.
    CodeReused: "code_reused", Refused, Anonymous, Shown, ["client"];
    /// A client was added, changed or removed.
    ClientChanged: "client_changed", Ok, Admin, Hidden, ["client", "change"];
    /// A user ended all sessions because someone else may have access.
    AccountSecured: "account_secured", Ok, User, Shown, [];
    /// The account was deleted by its owner.
    AccountDeleted: "account_deleted", Ok, User, Shown, [];
    /// An SMS code was requested.
    CodeRequested: "code_requested", Ok, Anonymous, Shown, [];
    /// A phone number was verified.
    PhoneVerified: "phone_verified", Ok, User, Shown, [];
    /// Administrators sign in, and are refused.
    AdminSignedIn: "admin_signed_in", Ok, User, Shown, [];
    AdminRefused: "admin_refused", Refused, Anonymous, Hidden, ["route"];
    AdminInvited: "admin_invited", Ok, Admin, Hidden, ["grants"];
    AdminGranted: "admin_granted", Ok, Admin, Hidden, ["admin", "grants"];
    AdminRevoked: "admin_revoked", Ok, Admin, Hidden, ["admin", "grants"];
    AdminKeyCreated: "admin_key_created", Ok, Admin, Hidden, ["key", "grants", "allow"];
    AdminKeyRevoked: "admin_key_revoked", Ok, Admin, Hidden, ["key"];
    /// Users were listed or searched. The details name the filters, never their values.
    UsersListed: "users_listed", Ok, Admin, Hidden, ["filters", "scanned"];
    ProfileRead: "profile_read", Ok, Admin, Hidden, [];
    UserCreated: "user_created", Ok, Admin, Shown, [];
    UserInvited: "user_invited", Ok, Admin, Hidden, ["again"];
    /// The details name the fields that were changed.
    UserEdited: "user_edited", Ok, Admin, Shown, ["fields"];
    UserLocked: "user_locked", Ok, Admin, Shown, ["until"];
    UserUnlocked: "user_unlocked", Ok, Admin, Shown, [];
    UserVerified: "user_verified", Ok, Admin, Shown, ["what"];
    UserCompromised: "user_compromised", Ok, Admin, Shown, [];
    UserUnthrottled: "user_unthrottled", Ok, Admin, Shown, [];
    UserErased: "user_erased", Ok, Admin, Hidden, [];
    InvitationAccepted: "invitation_accepted", Ok, User, Shown, [];
    /// An administrator sent a link to set a new password, or got it as the answer.
    ResetStarted: "reset_started", Ok, Admin, Shown, ["deliver"];
    RealmSessionsEnded: "realm_sessions_ended", Ok, Admin, Hidden, [];
    ImpersonationBegan: "impersonation_began", Ok, Admin, Shown, ["session", "minutes"];
    /// A session in the name of a user ended with the session, the grants or the account of its administrator.
    ImpersonationEnded: "impersonation_ended", Ok, Admin, Shown, [];
    OutboxRetried: "outbox_retried", Ok, Admin, Hidden, ["row"];
    OutboxDropped: "outbox_dropped", Ok, Admin, Hidden, ["row"];
    KeysRotated: "keys_rotated", Ok, Admin, Hidden, ["kid"];
    KeyRetired: "key_retired", Ok, Admin, Hidden, ["kid"];
    /// Rows of the audit trail were exported.
    AuditExported: "audit_exported", Ok, Admin, Hidden, ["realm", "from", "to", "blocks"];
    /// The rows of old blocks were removed, up to this block and position.
    AuditPruned: "audit_pruned", Ok, Server, Hidden, ["chain", "block", "position"];
    /// A limit was reached, and nothing was sent.
    LimitReached: "limit_reached", Refused, Anonymous, Hidden, [];
    /// SMS codes to a country were stopped because too few were entered.
    SmsStopped: "sms_stopped", Refused, Anonymous, Hidden, [];
}

impl Event {
    /// Returns the event of the realm of administrators.
    pub(crate) const fn of_administrators(self) -> Self {
        match self {
            Self::LoggedIn => Self::AdminSignedIn,
            Self::LoginRefused => Self::AdminRefused,
            other => other,
        }
    }

    /// Returns whether the details may have this key.
    pub(super) fn has_detail(self, key: &str) -> bool {
        self.details().contains(&key) || (self.outcome() == Outcome::Refused && [REQUESTS, ROUTE].contains(&key))
    }
}
