//! Rate limits: quotas, their usage, and the waits after failed password attempts.

mod failed_attempts;
mod in_flight;
mod key;
mod members;
mod network;
mod sliding_window;
mod usage;

pub use failed_attempts::FailedAttempts;
pub use in_flight::{Denied, InFlight, Permit};
pub use key::{KeyVeil, LimitKey};
pub use members::Members;
pub use network::{CLIENTS_PER_SITE, Network};
pub use sliding_window::SlidingWindow;
pub use usage::Usage;

use std::time::Duration;

/// Maximum number of uses within a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub times: u32,
    /// Length of the window.
    pub per: Duration,
}

/// Kind of a limit, named after what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitKind {
    Passwords,
    /// Passwords waiting to be hashed.
    Hashes,
    Registrations,
    /// Requests for a password reset link.
    Resets,
    /// Requests to resend the verification email.
    Resends,
    /// Requests for a sign-in code by mail.
    SigninMails,
    /// Wrong sign-in codes of an account.
    SigninCodes,
    /// Emails of all four kinds to one address.
    Mails,
    /// Emails to all addresses of one mailbox.
    Mailbox,
    /// Email address changes of an account.
    EmailChanges,
    /// Profile changes in a session.
    Profile,
    /// Exports of an account.
    Exports,
    /// Requests for an SMS code.
    Codes,
    /// Attempts to use a link or code.
    Links,
    /// Refreshes of a session.
    Refreshes,
    /// Late reuses of a session's refresh tokens.
    LateRepeats,
    /// Attempts at second factors.
    Factors,
    /// Requests for passkey options by a client.
    PasskeyOptions,
    /// Failed passkey logins.
    Passkeys,
    /// Sign-ins started or tokens exchanged with other providers, and authorization requests of clients.
    Authorize,
    /// Enrolments and re-authentications started.
    Enrolments,
    /// Token requests of clients.
    ClientTokens,
    /// Invalid client secrets.
    ClientSecrets,
    /// Failed sign-ins of administrators, with password or API key.
    AdminSignIn,
    /// Requests with an API key of an administrator.
    AdminKey,
    /// Users read or found by an administrator with only the role `support`.
    AdminReads,
    /// Invitations by an administrator.
    Invitations,
    /// Impersonation sessions created by an administrator.
    Impersonations,
    /// SMS messages of a realm to all countries.
    Sms,
    /// SMS messages of a realm to one country.
    SmsCountry,
}

impl LimitKind {
    /// Returns the stable identifier for headers, log and metrics. It is named after the setting, if there is one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passwords => "passwords",
            Self::Hashes => "hash_queue",
            Self::Registrations => "registrations",
            Self::Resets => "resets",
            Self::Resends => "resends",
            Self::SigninMails => "signin_mails",
            Self::SigninCodes => "signin_codes",
            Self::Mails => "mails",
            Self::Mailbox => "mails_mailbox",
            Self::EmailChanges => "email_changes",
            Self::Profile => "profile",
            Self::Exports => "exports",
            Self::Codes => "otp",
            Self::Links => "links",
            Self::Refreshes => "refreshes",
            Self::LateRepeats => "late_repeats",
            Self::Factors => "factors",
            Self::PasskeyOptions => "passkey_options",
            Self::Passkeys => "passkeys",
            Self::Authorize => "authorize",
            Self::Enrolments => "enrolments",
            Self::ClientTokens => "client_tokens",
            Self::ClientSecrets => "client_secrets",
            Self::AdminSignIn => "admin_sign_in",
            Self::AdminKey => "admin_key",
            Self::AdminReads => "admin_reads",
            Self::Invitations => "invitations",
            Self::Impersonations => "impersonations",
            Self::Sms => "sms_total",
            Self::SmsCountry => "sms_country",
        }
    }

    /// Returns the name of the setting for an account, a session, or all requests in total.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Passwords => "LIMIT_PASSWORDS_ACCOUNT",
            Self::Registrations | Self::Resets | Self::Resends | Self::SigninMails | Self::Mails => {
                "LIMIT_MAILS_ACCOUNT"
            }
            Self::SigninCodes => "LIMIT_SIGNIN_CODES_ACCOUNT",
            Self::Mailbox => "LIMIT_MAILS_MAILBOX_ACCOUNT",
            Self::EmailChanges => "LIMIT_EMAIL_CHANGES_ACCOUNT",
            Self::Profile => "LIMIT_PROFILE_ACCOUNT",
            Self::Exports => "LIMIT_EXPORTS_ACCOUNT",
            Self::Codes => "LIMIT_OTP_ACCOUNT",
            Self::Refreshes => "LIMIT_REFRESHES_ACCOUNT",
            // This limit never causes a 429 response. Exceeding it revokes the session.
            Self::LateRepeats => "REFRESH_GRACE",
            Self::Factors => "LIMIT_FACTORS_ACCOUNT",
            Self::Enrolments => "LIMIT_ENROLMENTS_ACCOUNT",
            Self::ClientTokens => "LIMIT_CLIENT_TOKENS_ACCOUNT",
            Self::ClientSecrets => "LIMIT_CLIENT_SECRETS_ACCOUNT",
            Self::AdminSignIn => "LIMIT_ADMIN_SIGN_IN_CLIENT",
            Self::AdminKey => "LIMIT_ADMIN_KEY_ACCOUNT",
            Self::AdminReads => "LIMIT_ADMIN_READS_ACCOUNT",
            Self::Invitations => "LIMIT_INVITATIONS_ACCOUNT",
            Self::Impersonations => "LIMIT_IMPERSONATIONS_ACCOUNT",
            Self::Sms => "LIMIT_SMS_TOTAL",
            Self::SmsCountry => "LIMIT_SMS_COUNTRY",
            Self::Hashes | Self::Links | Self::PasskeyOptions | Self::Passkeys | Self::Authorize => {
                self.client_setting()
            }
        }
    }

    /// Returns the name of the setting for a client.
    #[must_use]
    pub const fn client_setting(self) -> &'static str {
        match self {
            Self::Passwords => "LIMIT_PASSWORDS_CLIENT",
            Self::Hashes => "HASH_QUEUE_CLIENT",
            Self::Registrations | Self::Resets | Self::Resends | Self::SigninMails | Self::Mails | Self::Mailbox => {
                "LIMIT_MAILS_CLIENT"
            }
            Self::Codes => "LIMIT_OTP_CLIENT",
            Self::Links => "LIMIT_LINKS_CLIENT",
            Self::Factors => "LIMIT_FACTORS_CLIENT",
            Self::PasskeyOptions => "LIMIT_PASSKEY_OPTIONS_CLIENT",
            Self::Passkeys => "LIMIT_PASSKEYS_CLIENT",
            Self::Authorize => "LIMIT_AUTHORIZE_CLIENT",
            Self::ClientTokens => "LIMIT_CLIENT_TOKENS_CLIENT",
            Self::ClientSecrets => "LIMIT_CLIENT_SECRETS_CLIENT",
            Self::EmailChanges
            | Self::Profile
            | Self::Exports
            | Self::Enrolments
            | Self::SigninCodes
            | Self::Refreshes
            | Self::LateRepeats
            | Self::AdminSignIn
            | Self::AdminKey
            | Self::AdminReads
            | Self::Invitations
            | Self::Impersonations
            | Self::Sms
            | Self::SmsCountry => self.setting(),
        }
    }
}

/// Enforcement mode of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Requests beyond a limit are rejected.
    Enforce,
    /// Requests beyond a limit are logged but accepted.
    Observe,
    /// Nothing is counted.
    Off,
}

/// The configured limits.
#[derive(Debug, Clone)]
pub struct Limits {
    pub mode: Mode,
    /// Failed password attempts for an account before a wait is required. All are discarded after this time without
    /// another one.
    pub passwords_account: Quota,
    /// Failed password attempts from a client.
    pub passwords_client: Quota,
    /// Maximum number of accounts and devices whose failed attempts are stored. The oldest are removed first.
    pub passwords_kept: u64,
    /// Emails to an address that any visitor can trigger.
    pub mails_account: Quota,
    /// Like `mails_account`, for all addresses of a mailbox, which differ only in the tag after a plus sign.
    pub mails_mailbox: Quota,
    /// Requests from a client that send an email, per kind.
    pub mails_client: Quota,
    /// Email address changes requested by an account.
    pub email_changes_account: Quota,
    /// Profile changes in a session.
    pub profile_session: Quota,
    /// Exports of an account.
    pub exports_account: Quota,
    /// SMS codes to a number, and for an account. All of these quotas apply.
    pub codes_account: Vec<Quota>,
    /// Requests for a code from a client.
    pub codes_client: Quota,
    /// Passwords from a client that may wait to be hashed at the same time.
    pub hashes_client: u32,
    /// Failed attempts from a client to use a link or code.
    pub links_client: Quota,
    /// Wrong sign-in codes per account, and per known device.
    pub signin_codes_account: Quota,
    /// Failed second factors per account, and per known device. All of these quotas apply.
    pub factors_account: Vec<Quota>,
    /// Failed second factors per client.
    pub factors_client: Quota,
    /// Passkey challenges per client.
    pub passkey_options_client: Quota,
    /// Failed passkey logins per client.
    pub passkeys_client: Quota,
    /// Sign-ins with other providers, and authorization requests, per client address.
    pub authorize_client: Quota,
    /// Enrolments and re-authentications started per account.
    pub enrolments_account: Quota,
    /// Token requests per registered client, and per client address.
    pub client_tokens_account: Quota,
    pub client_tokens_client: Quota,
    /// Invalid secrets per registered client, and per client address.
    pub client_secrets_account: Quota,
    pub client_secrets_client: Quota,
    /// Refreshes of a session.
    pub refreshes_session: Quota,
    /// Failed sign-ins of administrators from a client.
    pub admin_sign_in_client: Quota,
    /// Requests with one API key of an administrator.
    pub admin_key: Quota,
    /// Users read or found by one administrator with only the role `support`.
    pub admin_reads: Quota,
    /// Invitations by one administrator.
    pub invitations: Quota,
    /// Impersonation sessions created by one administrator.
    pub impersonations: Quota,
    /// SMS messages of a realm to all countries.
    pub sms: Quota,
    /// SMS messages of a realm to one country.
    pub sms_country: Quota,
    /// Rule that suspends SMS codes to a country.
    pub sms_stop: SmsStop,
}

/// Rule that suspends SMS codes to a country if too few of them are entered. This indicates SMS pumping, in which an
/// attacker profits from each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsStop {
    /// Number of codes per day before the rule applies.
    pub after: u32,
    /// Minimum percentage of entered codes.
    pub percent: u32,
}

/// State of a quota after a request, for the response headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitStatus {
    pub kind: LimitKind,
    pub quota: Quota,
    /// Number of requests left.
    pub left: u32,
    /// Time until the oldest counted request leaves the window.
    pub reset: Duration,
}
