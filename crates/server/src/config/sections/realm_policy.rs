use std::time::Duration;

use portcullis_core::{
    factor::{Method, MfaPolicy},
    federation::{LinkPolicy, Provider},
    oauth::{RegisteredClient, Scopes},
    realm::{Signup, SignupField},
};

use super::{
    accounts::{
        DELETE_MAX_AUTH_AGE, EMAIL_UNDO_WINDOW, FRESH_AUTH_AGE, INVITATION_TTL, NEW_DEVICE_MAIL, OTP_TTL,
        PASSWORD_MIN_LENGTH, PHONE_UNIQUE, REGISTRATION_TTL, RESET_TTL, VERIFICATION_TTL,
    },
    factors::{ADDITION_UNDO, MFA_METHODS, MFA_POLICY, MFA_REMEMBER, MFA_TTL},
    openid::{ID_TOKEN_ALGORITHM, IdTokenAlgorithm, OIDC, SCOPES},
    pages::{
        BROWSER_REMEMBER, BROWSER_SESSION_IDLE, BROWSER_SESSION_MAX_AGE, EMAIL_SIGNIN, EmailSignin, SIGNIN_CODE_TTL,
    },
    passkeys::PASSKEYS,
    signup::{SIGNUP, SIGNUP_REQUIRED},
    social::{self, SOCIAL_LINK},
    templates::Templates,
    tokens::{ACCESS_TOKEN_TTL, REFRESH_GRACE, REFRESH_TOKEN_TTL, SESSION_MAX_AGE, SESSIONS_MAX},
};
use crate::config::values::Values;

/// Effective settings of one realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealmPolicy {
    pub signup: Signup,
    pub signup_required: Vec<SignupField>,
    pub password_min_length: usize,
    pub registration_ttl: Duration,
    pub invitation_ttl: Duration,
    pub verification_ttl: Duration,
    pub reset_ttl: Duration,
    pub email_undo_window: Duration,
    pub phone_unique: bool,
    pub new_device_mail: bool,
    pub email_signin: bool,
    pub signin_code_ttl: Duration,
    pub otp_ttl: Duration,
    pub fresh_auth_age: Duration,
    pub delete_max_auth_age: Duration,
    pub mfa_policy: MfaPolicy,
    pub passkeys: bool,
    pub mfa_methods: Vec<Method>,
    pub mfa_ttl: Duration,
    pub mfa_remember: Duration,
    pub addition_undo: Duration,
    pub providers: Vec<Provider>,
    pub social_link: LinkPolicy,
    pub browser_session_idle: Duration,
    pub browser_session_max_age: Duration,
    pub browser_remember: Duration,
    pub access_token_ttl: Duration,
    pub refresh_token_ttl: Duration,
    pub session_max_age: Duration,
    pub sessions_max: usize,
    pub refresh_grace: Duration,
    pub oidc: bool,
    pub id_token_algorithm: IdTokenAlgorithm,
    pub scopes: Scopes,
    /// Clients defined in the settings.
    pub clients: Vec<RegisteredClient>,
    /// `TEMPLATES_DIR`, and the template values that come from the settings.
    pub templates: Templates,
}

impl RealmPolicy {
    /// Reads the policy from a realm's values.
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            signup: values.get(&SIGNUP)?,
            signup_required: values.get(&SIGNUP_REQUIRED).unwrap_or_default(),
            password_min_length: values.get(&PASSWORD_MIN_LENGTH)?,
            registration_ttl: values.get(&REGISTRATION_TTL)?,
            invitation_ttl: values.get(&INVITATION_TTL)?,
            verification_ttl: values.get(&VERIFICATION_TTL)?,
            reset_ttl: values.get(&RESET_TTL)?,
            email_undo_window: values.get(&EMAIL_UNDO_WINDOW)?,
            phone_unique: values.get(&PHONE_UNIQUE)?,
            new_device_mail: values.get(&NEW_DEVICE_MAIL)?,
            email_signin: values.get(&EMAIL_SIGNIN)? == EmailSignin::Code,
            signin_code_ttl: values.get(&SIGNIN_CODE_TTL)?,
            otp_ttl: values.get(&OTP_TTL)?,
            fresh_auth_age: values.get(&FRESH_AUTH_AGE)?,
            delete_max_auth_age: values.get(&DELETE_MAX_AUTH_AGE)?,
            mfa_policy: values.get(&MFA_POLICY)?,
            passkeys: values.get(&PASSKEYS)?,
            mfa_methods: values.get(&MFA_METHODS)?,
            mfa_ttl: values.get(&MFA_TTL)?,
            mfa_remember: values.get(&MFA_REMEMBER)?,
            addition_undo: values.get(&ADDITION_UNDO)?,
            providers: social::providers(values),
            social_link: values.get(&SOCIAL_LINK)?.into(),
            browser_session_idle: values.get(&BROWSER_SESSION_IDLE)?,
            browser_session_max_age: values.get(&BROWSER_SESSION_MAX_AGE)?,
            browser_remember: values.get(&BROWSER_REMEMBER)?,
            access_token_ttl: values.get(&ACCESS_TOKEN_TTL)?,
            refresh_token_ttl: values.get(&REFRESH_TOKEN_TTL)?,
            session_max_age: values.get(&SESSION_MAX_AGE)?,
            sessions_max: values.get(&SESSIONS_MAX)?,
            refresh_grace: values.get(&REFRESH_GRACE)?,
            oidc: values.get(&OIDC)?,
            id_token_algorithm: values.get(&ID_TOKEN_ALGORITHM)?,
            scopes: values.get(&SCOPES).unwrap_or_default(),
            clients: values.clients.clone(),
            templates: Templates::read(values)?,
        })
    }
}
