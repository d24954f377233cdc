//! Catalogue of error responses. Each combination of kind, code and public text is defined once, here. It is used
//! where the error is raised and in the OpenAPI description. Codes are stable, because clients compare them.

use std::{borrow::Cow, time::Duration};

use super::{Error, ErrorKind, FieldError, Needed};

/// An error response that a client may receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub kind: ErrorKind,
    /// Stable, machine-readable code.
    pub code: &'static str,
    pub detail: &'static str,
}

impl Refusal {
    /// Sets the time before a retry, or the maximum age of the last authentication, for kinds that have one.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        let kind = match self.kind {
            ErrorKind::Limited(_) => ErrorKind::Limited(wait),
            ErrorKind::Overloaded(_) => ErrorKind::Overloaded(wait),
            ErrorKind::Unavailable(_) => ErrorKind::Unavailable(wait),
            ErrorKind::Stale { needs, .. } => ErrorKind::Stale { max_age: wait, needs },
            other => other,
        };
        Self { kind, ..self }
    }

    /// Creates an error with a private cause for the log.
    #[must_use]
    pub fn because(self, cause: impl Into<super::Cause>) -> Error {
        Error::from(self).because(cause)
    }
}

/// Reason why a field was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRefusal {
    /// Stable, machine-readable code.
    pub code: &'static str,
    pub detail: &'static str,
}

impl FieldRefusal {
    /// Creates the error for the given field.
    #[must_use]
    pub const fn of(self, field: &'static str) -> FieldError {
        FieldError { field: Cow::Borrowed(field), code: self.code, detail: Cow::Borrowed(self.detail) }
    }
}

const fn refusal(kind: ErrorKind, code: &'static str, detail: &'static str) -> Refusal {
    Refusal { kind, code, detail }
}

const fn field(code: &'static str, detail: &'static str) -> FieldRefusal {
    FieldRefusal { code, detail }
}

macro_rules! too_short {
    ($min_length:literal) => {
        concat!("The password must be at least ", $min_length, " characters long.")
    };
}

/// Default `Retry-After` of the errors below. Overridden by [`Refusal::after`].
const RETRY_AFTER: Duration = Duration::from_secs(1);

// All requests.
pub const INTERNAL: Refusal = refusal(ErrorKind::Internal, "internal", "Internal server error.");
pub const TIMEOUT: Refusal = refusal(ErrorKind::Unavailable(RETRY_AFTER), "timeout", "The request took too long.");
pub const UNAVAILABLE: Refusal = refusal(
    ErrorKind::Unavailable(RETRY_AFTER),
    "unavailable",
    "The service is temporarily unavailable. Try again in a few seconds.",
);
pub const OVERLOADED: Refusal =
    refusal(ErrorKind::Overloaded(RETRY_AFTER), "overloaded", "The server is overloaded. Try again in a few seconds.");
pub const LIMITED: Refusal = refusal(ErrorKind::Limited(RETRY_AFTER), "limited", "Too many requests. Try again later.");
pub const NOT_FOUND: Refusal = refusal(ErrorKind::NotFound, "not_found", "Not found");

// Request parsing.
pub const UNREADABLE: Refusal = refusal(ErrorKind::Malformed, "body.unreadable", "The request body is malformed.");
pub const NOT_AN_OBJECT: Refusal =
    refusal(ErrorKind::Malformed, "body.not_an_object", "The request body must be a JSON object.");
/// For the token endpoint. Other routes respond with 415 without a code.
pub const WRONG_TYPE: Refusal = refusal(
    ErrorKind::Malformed,
    "body.wrong_type",
    "The request body must be application/json, application/x-www-form-urlencoded or multipart/form-data.",
);
pub const WRONG_ENCODING: Refusal = refusal(
    ErrorKind::Malformed,
    "body.wrong_encoding",
    "The request body must not be compressed: Content-Encoding must be `identity`.",
);
pub const REPEATED: Refusal = refusal(ErrorKind::Malformed, "request.repeated", "A parameter occurs more than once.");
/// For the OAuth 2.0 endpoints that accept a token.
pub const NO_TOKEN: Refusal = refusal(ErrorKind::Malformed, "request.incomplete", "The `token` parameter is required.");
pub const INVALID: Refusal = refusal(ErrorKind::Invalid, "request.invalid", "Some fields are invalid.");
pub const CROSS_SITE: Refusal =
    refusal(ErrorKind::Forbidden, "request.cross_site", "Cross-site requests are not allowed.");

// Access tokens.
pub const TOKEN_MISSING: Refusal = refusal(ErrorKind::NoCredentials, "token.missing", "Not authenticated");
pub const TOKEN_INVALID: Refusal = refusal(ErrorKind::BadToken, "token.invalid", "Invalid or expired token");
/// A token was sent in more than one way (RFC 6750 §2).
pub const TOKEN_TWICE: Refusal =
    refusal(ErrorKind::Malformed, "token.twice", "The access token must be sent by one method only.");

// Lists.
pub const CURSOR_INVALID: Refusal = refusal(
    ErrorKind::Malformed,
    "cursor.invalid",
    "The cursor does not belong to this list. Omit it to start from the first page.",
);

// Accounts, links and codes.
pub const SIGNUP_CLOSED: Refusal =
    refusal(ErrorKind::Forbidden, "signup.closed", "Registration is closed. New accounts require an invitation.");
pub const EMAIL_TAKEN: Refusal = refusal(ErrorKind::Conflict, "email.taken", "Email already exists");
pub const LINK_INVALID: Refusal = refusal(ErrorKind::BadLink, "link.invalid", "Invalid or expired link");
pub const OTP_WRONG: Refusal = refusal(ErrorKind::BadLink, "otp.wrong", "Invalid OTP");
pub const OTP_INVALID: Refusal = refusal(ErrorKind::BadLink, "otp.invalid", "Invalid or expired OTP");
pub const SIGNIN_CODE_INVALID: Refusal =
    refusal(ErrorKind::BadLink, "signin_code.invalid", "Invalid or expired sign-in code");
pub const SMS_UNAVAILABLE: Refusal =
    refusal(ErrorKind::Unavailable(RETRY_AFTER), "sms.unavailable", "SMS is not available.");

// Sessions.
pub const LOGIN_REFUSED: Refusal = refusal(ErrorKind::Refused, "login.refused", "Invalid email or password");
pub const LOGIN_UNVERIFIED: Refusal = refusal(ErrorKind::Forbidden, "login.unverified", "Email not verified");
/// The password is correct but marked as compromised.
pub const PASSWORD_CHANGE_REQUIRED: Refusal =
    refusal(ErrorKind::Forbidden, "password.change_required", "Password change required");
pub const AUTH_STALE: Refusal = refusal(
    ErrorKind::Stale { max_age: Duration::from_secs(1), needs: Needed::Nothing },
    "auth.stale",
    "Log in again to continue.",
);
/// Like [`AUTH_STALE`], but two factors are required.
pub const AUTH_STALE_TWO_FACTORS: Refusal = refusal(
    ErrorKind::Stale { max_age: Duration::from_secs(1), needs: Needed::TwoFactors },
    "auth.stale",
    "Log in again with two factors to continue.",
);
/// Like [`AUTH_STALE`], but a passkey is required.
pub const AUTH_STALE_PASSKEY: Refusal = refusal(
    ErrorKind::Stale { max_age: Duration::from_secs(1), needs: Needed::Passkey },
    "auth.stale",
    "Log in again with a passkey to continue.",
);
pub const IMPERSONATED: Refusal =
    refusal(ErrorKind::Forbidden, "impersonated", "Administrators who impersonate a user cannot make changes.");
pub const PASSWORD_WRONG: Refusal =
    refusal(ErrorKind::Forbidden, "password.wrong", "The current password is incorrect.");
pub const REVISION_STALE: Refusal = refusal(
    ErrorKind::Outdated,
    "revision.stale",
    "It was modified since you last fetched it. Fetch it again and retry.",
);
pub const REFRESH_INVALID: Refusal = refusal(ErrorKind::Refused, "refresh.invalid", "Invalid or expired refresh token");
pub const REFRESH_MISSING: Refusal =
    refusal(ErrorKind::Malformed, "refresh.missing", "The `refresh_token` parameter is required.");
pub const GRANT_MISSING: Refusal = refusal(
    ErrorKind::Malformed,
    "grant.missing",
    "The `grant_type` parameter is required: `refresh_token`, `password` or `urn:portcullis:mfa`.",
);
/// The code is also the OAuth 2.0 error (RFC 6749 §5.2).
pub const UNSUPPORTED_GRANT: Refusal = refusal(
    ErrorKind::Malformed,
    "unsupported_grant_type",
    "Unsupported grant type: `grant_type` must be `refresh_token`, `password` or `urn:portcullis:mfa`.",
);

// Second factors.
/// The password is correct and a second factor is required. The response contains a ticket.
pub const MFA_REQUIRED: Refusal = refusal(ErrorKind::Forbidden, "mfa.required", "A second factor is required");
/// At the token endpoint. The same whatever the reason.
pub const MFA_REFUSED: Refusal = refusal(ErrorKind::Refused, "mfa.refused", "Invalid or expired code");
/// On other routes. The same whatever the reason.
pub const MFA_INVALID: Refusal = refusal(ErrorKind::BadLink, "mfa.invalid", "Invalid or expired code");
pub const MFA_INCOMPLETE: Refusal = refusal(
    ErrorKind::Malformed,
    "mfa.incomplete",
    "The `mfa_token` parameter and exactly one of `code`, `passkey` and `password` are required; `password` is accepted only for re-authentication.",
);
pub const MFA_NO_FACTOR: Refusal =
    refusal(ErrorKind::Conflict, "mfa.no_factor", "The account has no second factor. Add one first.");
pub const MFA_REQUIRED_BY_POLICY: Refusal =
    refusal(ErrorKind::Conflict, "mfa.required", "Two-step verification is required and cannot be turned off.");
/// SMS can only be added after a second factor that does not depend on a phone number.
pub const MFA_STRONGER_FIRST: Refusal =
    refusal(ErrorKind::Conflict, "mfa.stronger_first", "Add an authenticator app before SMS.");
pub const PHONE_UNVERIFIED: Refusal =
    refusal(ErrorKind::Conflict, "phone.unverified", "The account has no verified phone number.");
pub const PHONE_DISPUTED: Refusal = refusal(
    ErrorKind::Conflict,
    "phone.disputed",
    "Someone else may have entered this phone number during registration. Change it first.",
);
pub const MFA_TOO_MANY: Refusal = refusal(
    ErrorKind::Conflict,
    "mfa.too_many",
    "The account has the maximum number of factors of this kind. Remove one first.",
);

// Passkeys.
/// When a passkey is added. The same whatever the reason.
pub const PASSKEY_INVALID: Refusal =
    refusal(ErrorKind::BadLink, "passkey.invalid", "This passkey could not be added. Start again.");
/// At a login. The same whatever the reason.
pub const PASSKEY_REFUSED: Refusal =
    refusal(ErrorKind::Refused, "passkey.refused", "This passkey could not be used. Sign in another way.");
pub const PASSKEY_EXISTS: Refusal =
    refusal(ErrorKind::Conflict, "passkey.exists", "The account already has this passkey.");
pub const LOGIN_LAST: Refusal =
    refusal(ErrorKind::Conflict, "login.last", "The only way to sign in cannot be removed. Add another one first.");

// Other providers.
/// At the token endpoint. The same whatever the reason.
pub const SOCIAL_REFUSED: Refusal =
    refusal(ErrorKind::Refused, "social.refused", "Invalid or expired ID token or nonce");
pub const SOCIAL_INCOMPLETE: Refusal = refusal(
    ErrorKind::Malformed,
    "social.incomplete",
    "The `provider`, `subject_token` and `nonce` parameters are required, and `subject_token_type` must be `urn:ietf:params:oauth:token-type:id_token`.",
);
/// On pages. The same whatever the reason.
pub const SOCIAL_INVALID: Refusal = refusal(
    ErrorKind::BadLink,
    "social.invalid",
    "This sign-in is no longer valid. Start again from the sign-in page.",
);
/// A page must ask the user a question first.
pub const SOCIAL_INTERACTION: Refusal = refusal(
    ErrorKind::Forbidden,
    "social.interaction_required",
    "Sign in with this provider in a browser to continue.",
);
pub const SOCIAL_UNAVAILABLE: Refusal =
    refusal(ErrorKind::Unavailable(RETRY_AFTER), "social.unavailable", "The provider is not available.");
pub const IDENTITY_TAKEN: Refusal =
    refusal(ErrorKind::Conflict, "identity.taken", "This account at the provider is linked to another account.");

// API clients.
pub const CLIENT_INVALID: Refusal = refusal(
    ErrorKind::BadClient,
    "client.invalid",
    "The service must authenticate with HTTP Basic, using credentials from API_CLIENTS.",
);

// Errors of OpenID Connect clients.
/// Nothing may be sent to the redirect URI before it is known to belong to the client.
pub const CLIENT_UNKNOWN: Refusal =
    refusal(ErrorKind::Malformed, "client.unknown", "The application that sent you here is not registered.");
pub const REDIRECT_URI_UNKNOWN: Refusal =
    refusal(ErrorKind::Malformed, "redirect_uri.unknown", "The redirect URI is not registered for this application.");
pub const POST_LOGOUT_UNKNOWN: Refusal = refusal(
    ErrorKind::Malformed,
    "redirect_uri.unknown",
    "The redirect URI after sign-out is not registered for this application.",
);
pub const HINT_INVALID: Refusal =
    refusal(ErrorKind::Malformed, "id_token_hint.invalid", "The `id_token_hint` is not valid for this application.");
pub const REQUEST_TOO_LONG: Refusal =
    refusal(ErrorKind::Malformed, "request.too_long", "The application's request is too long.");
pub const OIDC_OFF: Refusal = refusal(ErrorKind::NotFound, "not_found", "Not found");
pub const CLIENT_AUTH_FAILED: Refusal =
    refusal(ErrorKind::BadClient, "client.invalid", "The client could not be authenticated.");
pub const CODE_REFUSED: Refusal = refusal(ErrorKind::Refused, "code.refused", "Invalid or expired code");
pub const CLIENT_GRANT_REFUSED: Refusal =
    refusal(ErrorKind::Malformed, "unauthorized_client", "The client is not allowed to use this grant.");
pub const SCOPE_INVALID: Refusal =
    refusal(ErrorKind::Malformed, "invalid_scope", "The scope is malformed or exceeds the granted scopes.");
pub const SCOPE_MISSING: Refusal =
    refusal(ErrorKind::Forbidden, "scope.missing", "The token lacks the required scope.");
pub const CLIENT_DECLARED: Refusal =
    refusal(ErrorKind::Conflict, "client.declared", "The client is defined in the server's settings. Change it there.");
pub const CLIENT_EXISTS: Refusal =
    refusal(ErrorKind::Conflict, "client.exists", "A client with this id already exists.");
pub const CLIENT_PUBLIC: Refusal = refusal(ErrorKind::Conflict, "client.public", "A public client has no secret.");
pub const CLIENT_NO_SECRET: Refusal =
    refusal(ErrorKind::Conflict, "client.no_secret", "The client authenticates with its own key and has no secret.");
pub const CLIENTS_OFF: Refusal =
    refusal(ErrorKind::Conflict, "client.off", "Clients require OIDC and PAGES to be on and JWT_ISSUER to be unset.");

// Administration.
pub const ADMIN_SIGN_IN: Refusal = refusal(ErrorKind::NoCredentials, "admin.sign_in", "Sign in as an administrator.");
pub const REQUEST_AGGREGATED: Refusal = refusal(
    ErrorKind::NotFound,
    "request.aggregated",
    "No record of this request. Repeated rejections are counted, and only the first are stored with their request IDs.",
);
pub const ADMIN_FORBIDDEN: Refusal = refusal(ErrorKind::Forbidden, "admin.forbidden", "Your grants do not allow this.");
pub const ADMIN_MFA_REQUIRED: Refusal =
    refusal(ErrorKind::Forbidden, "mfa.required", "Administrators must have a second factor. Add one first.");
pub const ADMIN_CODE_REQUIRED: Refusal =
    refusal(ErrorKind::Forbidden, "mfa.required", "A second factor is required: send the `code` with the password.");
pub const OWNER_LAST: Refusal =
    refusal(ErrorKind::Conflict, "owner.last", "The last owner cannot be removed. Add another one first.");
pub const USER_STATUS: Refusal = refusal(ErrorKind::Conflict, "user.status", "The user's status does not allow this.");
pub const OUTBOX_DEAD: Refusal =
    refusal(ErrorKind::Conflict, "outbox.dead", "Delivery was abandoned and the recipient was deleted.");
pub const KEY_IN_USE: Refusal = refusal(
    ErrorKind::Conflict,
    "key.in_use",
    "Tokens of this key are still valid. Send `force: true` to invalidate them.",
);
pub const REVISION_MISSING: Refusal = refusal(
    ErrorKind::Unconditional,
    "revision.missing",
    "The `If-Match` header with the last fetched revision is required.",
);
pub const ACCOUNT_LOCKED: Refusal = refusal(ErrorKind::Forbidden, "account.locked", "Account locked");

// Fields.
pub const REASON_MISSING: FieldRefusal =
    field("reason.missing", "Enter a reason of 10 to 500 characters. It is stored in the audit trail.");
pub const ROLE_INVALID: FieldRefusal = field(
    "role.invalid",
    "At most 50 roles are allowed. Each must begin with a letter and contain only letters, digits, `_`, `.`, `:` and `-`.",
);
pub const GRANT_INVALID: FieldRefusal = field(
    "grant.invalid",
    "Grants must be ROLE@REALM or ROLE@*; the roles are auditor, support, manager, owner and impersonate.",
);
pub const VALUE_INVALID: FieldRefusal = field("value.invalid", "This value is not allowed.");
pub const CLIENT_ID_INVALID: FieldRefusal = field(
    "value.invalid",
    "The id must consist of 1 to 64 letters, digits, `.`, `_` and `-`, and begin with a letter or digit.",
);
pub const CLIENT_NAME_INVALID: FieldRefusal =
    field("name.invalid", "The name must have 1 to 64 characters and no control characters.");
pub const CLIENT_AUTH_INVALID: FieldRefusal = field(
    "value.invalid",
    "A confidential client must authenticate with a secret or a key, a public client with `none`.",
);
pub const CLIENT_KEYS_INVALID: FieldRefusal = field(
    "client.jwks",
    "A client with private_key_jwt must have a JWK set of 1 to 10 public keys (RSA, P-256 or Ed25519), each with a kid if there are several. Other clients must not have keys.",
);
pub const CLIENT_SCOPES_INVALID: FieldRefusal = field(
    "value.invalid",
    "Scopes must be built-in or listed in SCOPES; `portcullis:account` is for first-party clients.",
);
/// In production, services that do not check the audience would accept tokens issued for another application.
pub const CLIENT_AUDIENCE: FieldRefusal =
    field("client.audience", "Set JWT_AUDIENCE before you add a client that is not first-party.");
pub const PKCE_REQUIRED: FieldRefusal = field("value.invalid", "A public client must use PKCE.");
pub const REDIRECT_URI_INVALID: FieldRefusal = field("redirect_uri.invalid", "This redirect URI is not accepted.");
pub const TIME_INVALID: FieldRefusal =
    field("time.invalid", "The time must be in the future and in RFC 3339, such as 2026-12-31T12:00:00Z.");
pub const WORDS_INVALID: FieldRefusal = field("q.invalid", "Search for one to four words of 2 to 64 characters.");
pub const WORDS_BESIDE_EMAIL: FieldRefusal = field("q.invalid", "Search for an address or for words, not both.");
pub const FIELD_MISSING: FieldRefusal = field("field.missing", "This field is required.");
pub const FIELD_NOT_BOOLEAN: FieldRefusal = field("field.type", "This field must be true or false.");
pub const FACTOR_NAME_INVALID: FieldRefusal =
    field("name.invalid", "The name must have 1 to 64 characters and no control characters.");
pub const PASSKEY_USE_INVALID: FieldRefusal = field("use.invalid", "The use must be `login` or `second_factor`.");
pub const MAX_AGE_INVALID: FieldRefusal = field("max_age.invalid", "The maximum age must be a number of seconds.");
pub const LIMIT_INVALID: FieldRefusal = field("limit.invalid", "The limit must be a number from 1 to 200.");
pub const FIELD_NOT_LIST: FieldRefusal = field("field.type", "This field must be a list of strings.");
pub const FIELD_NOT_TEXT: FieldRefusal = field("field.type", "This field must be a string.");
pub const FIELD_UNKNOWN: FieldRefusal = field("field.unknown", "Unknown field.");
pub const PHONE_ELSEWHERE: FieldRefusal = field("field.elsewhere", "Use POST /me/phone to change the phone number.");
pub const EMAIL_ELSEWHERE: FieldRefusal = field("field.elsewhere", "Use POST /me/email to change the email address.");
pub const PASSWORD_ELSEWHERE: FieldRefusal = field("field.elsewhere", "Use POST /me/password to change the password.");
pub const LOCALE_INVALID: FieldRefusal = field("locale.invalid", "The locale must be a language tag, such as en-GB.");
pub const EMAIL_INVALID: FieldRefusal = field("email.invalid", "This is not a valid email address.");
pub const EMAIL_UNCHANGED: FieldRefusal =
    field("email.unchanged", "This is the current email address. Choose another one.");
pub const PHONE_INVALID: FieldRefusal =
    field("phone.invalid", "The phone number must be in international format, such as +1234567890.");
pub const PHONE_TAKEN: FieldRefusal = field("phone.invalid", "Another user has verified this phone number.");
pub const CODE_INVALID: FieldRefusal = field("code.invalid", "The code must have six digits.");
pub const COUNTRY_UNKNOWN: FieldRefusal =
    field("country.unknown", "The country must be an ISO code, such as US, or a dial code, such as +1.");
pub const NAME_EMPTY: FieldRefusal = field("name.empty", "The name must not be empty.");
pub const NAME_TOO_LONG: FieldRefusal = field("name.too_long", "The name must be at most 100 characters long.");
pub const NAME_UNWRITABLE: FieldRefusal = field("name.unwritable", "The name must not contain control characters.");
pub const ATTRIBUTES_INVALID: FieldRefusal =
    field("attributes.invalid", "Attributes must be a JSON object nested at most 8 levels deep.");
pub const ATTRIBUTES_TOO_LARGE: FieldRefusal =
    field("attributes.too_large", "Attributes must be at most 8 KiB of compact JSON.");
pub const PASSWORD_IMPOSSIBLE: FieldRefusal = field(
    "password.impossible",
    "The password must be at most 1,024 bytes long and must not contain control characters.",
);
pub const PASSWORD_BREACHED: FieldRefusal =
    field("password.breached", "This password is too common. Choose another one.");
pub const PASSWORD_UNCHANGED: FieldRefusal =
    field("password.unchanged", "This is the current password. Choose another one.");
pub const PASSWORD_GUESSABLE: FieldRefusal =
    field("password.guessable", "This password is too similar to your name or email address. Choose another one.");
pub const PASSWORD_REPETITIVE: FieldRefusal =
    field("password.repetitive", "This password is a single repeated character. Choose another one.");
/// Contains the default minimum length. [`password_too_short`] uses the configured one.
pub const PASSWORD_TOO_SHORT: FieldRefusal = field("password.too_short", too_short!("8"));

/// Creates the error for a password that is shorter than the policy allows.
#[must_use]
pub fn password_too_short(field: &'static str, min_length: usize) -> FieldError {
    FieldError {
        field: Cow::Borrowed(field),
        code: PASSWORD_TOO_SHORT.code,
        detail: format!(too_short!("{}"), min_length).into(),
    }
}
