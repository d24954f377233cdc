use std::time::Duration;

use portcullis_core::SecretString;

use crate::config::{
    choices::JwtAlgorithm,
    table::{
        ACCESS_TOKEN_TTL, JWT_ALGORITHM, JWT_AUDIENCE, JWT_ISSUER, JWT_KEY_ROTATION, JWT_SECRET, JWT_SECRET_PREVIOUS,
        REFRESH_TOKEN_TTL, SESSION_MAX_AGE,
    },
    values::Values,
};

/// Access tokens and sessions.
#[derive(Debug)]
pub struct Token {
    /// What signs them.
    pub signing: Signing,
    /// `JWT_ISSUER`, in which `{realm}` stands for the realm's name.
    pub issuer: String,
    /// `JWT_AUDIENCE`
    pub audience: Option<String>,
    /// `ACCESS_TOKEN_TTL`
    pub access_ttl: Duration,
    /// `SESSION_MAX_AGE`
    pub session_max_age: Duration,
    /// `REFRESH_TOKEN_TTL`
    pub refresh_ttl: Duration,
    /// `JWT_KEY_ROTATION`
    pub key_rotation: Duration,
}

/// `JWT_ALGORITHM`, with the secrets where it takes any.
#[derive(Debug)]
pub enum Signing {
    /// HS256.
    Shared {
        /// `JWT_SECRET`
        secret: SecretString,
        /// `JWT_SECRET_PREVIOUS`, which only verifies.
        previous: Option<SecretString>,
    },
    /// An algorithm with a private and a public key; never [`JwtAlgorithm::Hs256`].
    KeyPair(JwtAlgorithm),
}

impl Token {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let signing = match values.get(&JWT_ALGORITHM)? {
            JwtAlgorithm::Hs256 => {
                Signing::Shared { secret: values.get(&JWT_SECRET)?, previous: values.get(&JWT_SECRET_PREVIOUS) }
            }
            pair => Signing::KeyPair(pair),
        };
        Some(Self {
            signing,
            issuer: values.get(&JWT_ISSUER)?,
            audience: values.get(&JWT_AUDIENCE),
            access_ttl: values.get(&ACCESS_TOKEN_TTL)?,
            session_max_age: values.get(&SESSION_MAX_AGE)?,
            refresh_ttl: values.get(&REFRESH_TOKEN_TTL)?,
            key_rotation: values.get(&JWT_KEY_ROTATION)?,
        })
    }
}
