use std::time::Duration;

use crate::config::{
    choices::Enumeration,
    table::{
        ACCOUNT_ENUMERATION, ARGON2_ITERATIONS, ARGON2_MEMORY_KIB, ARGON2_PARALLELISM, DELETE_MAX_AUTH_AGE,
        HASH_DEADLINE, HASH_QUEUE, HASH_THREADS, OTP_TTL, PASSWORD_MIN_LENGTH, REGISTRATION_TTL, RESET_TTL,
        VERIFICATION_TTL,
    },
    values::Values,
};

/// The life of an account.
#[derive(Debug)]
pub struct Accounts {
    /// `ACCOUNT_ENUMERATION`
    pub enumeration: Enumeration,
    /// `REGISTRATION_TTL`
    pub registration_ttl: Duration,
    /// `VERIFICATION_TTL`
    pub verification_ttl: Duration,
    /// `RESET_TTL`
    pub reset_ttl: Duration,
    /// `OTP_TTL`
    pub otp_ttl: Duration,
    /// `DELETE_MAX_AUTH_AGE`
    pub delete_max_auth_age: Duration,
}

/// Passwords.
#[derive(Debug)]
pub struct Password {
    /// `PASSWORD_MIN_LENGTH`
    pub min_length: usize,
    /// The cost of a hash.
    pub argon2: Argon2,
    /// Who computes the hashes.
    pub hashing: Hashing,
}

/// The cost of an Argon2id hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2 {
    /// `ARGON2_MEMORY_KIB`, at least 8 for each lane.
    pub memory_kib: u32,
    /// `ARGON2_ITERATIONS`
    pub iterations: u32,
    /// `ARGON2_PARALLELISM`
    pub parallelism: u32,
}

/// The threads that hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    /// `HASH_THREADS`
    pub threads: usize,
    /// `HASH_QUEUE`
    pub queue: usize,
    /// `HASH_DEADLINE`
    pub deadline: Duration,
}

impl Accounts {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            enumeration: values.get(&ACCOUNT_ENUMERATION)?,
            registration_ttl: values.get(&REGISTRATION_TTL)?,
            verification_ttl: values.get(&VERIFICATION_TTL)?,
            reset_ttl: values.get(&RESET_TTL)?,
            otp_ttl: values.get(&OTP_TTL)?,
            delete_max_auth_age: values.get(&DELETE_MAX_AUTH_AGE)?,
        })
    }
}

impl Password {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            min_length: values.get(&PASSWORD_MIN_LENGTH)?,
            argon2: Argon2 {
                memory_kib: values.get(&ARGON2_MEMORY_KIB)?,
                iterations: values.get(&ARGON2_ITERATIONS)?,
                parallelism: values.get(&ARGON2_PARALLELISM)?,
            },
            hashing: Hashing {
                threads: values.get(&HASH_THREADS)?,
                queue: values.get(&HASH_QUEUE)?,
                deadline: values.get(&HASH_DEADLINE)?,
            },
        })
    }
}
