//! Accounts, passwords and their hashes.

use std::{thread::available_parallelism, time::Duration};

use super::section::{Context, Section, settings};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed},
    value::{Choice, DURATION, choice, number},
    values::Values,
};

pub(super) const SECTION: Section =
    Section::new("Accounts and passwords", SETTINGS).deriving(derive).checked(check).checked_per_realm(check_realm);

settings! {
    ACCOUNT_ENUMERATION: Enumeration = choice(), Fixed("conceal"),
        "Whether every answer conceals that an address has an account, or `create` reveals it.";
    REGISTRATION_TTL: Duration = DURATION, Fixed("7d"),
        "How long a registration waits for its address to be verified.", per_realm;
    VERIFICATION_TTL: Duration = DURATION, Fixed("24h"),
        "How long the link of a verification mail is good.", per_realm;
    RESET_TTL: Duration = DURATION, Fixed("30m"),
        "How long the link of a reset mail is good.", per_realm;
    OTP_TTL: Duration = DURATION, Fixed("5m"),
        "How long a code by SMS is good; at most 10m.", per_realm;
    DELETE_MAX_AUTH_AGE: Duration = DURATION, Fixed("30m"),
        "How long after the login an account may still be deleted without a new one.", per_realm;
    PASSWORD_MIN_LENGTH: usize = number::<_, 1, 128>(), Fixed("8"),
        "The least number of characters of a new password; 15 is advised.", per_realm;
    ARGON2_MEMORY_KIB: u32 = number::<_, 8, 4_194_304>(), Fixed("19456"),
        "The memory that one password hash takes (Argon2id), in KiB.";
    ARGON2_ITERATIONS: u32 = number::<_, 1, 100>(), Fixed("2"),
        "How often a password hash goes over its memory.";
    ARGON2_PARALLELISM: u32 = number::<_, 1, 64>(), Fixed("1"),
        "The lanes of a password hash.";
    HASH_THREADS: usize = number::<_, 1, 1024>(), Derived("one a processor"),
        "The threads that hash passwords.";
    HASH_QUEUE: usize = number::<_, 1, 65_536>(), Fixed("256"),
        "How many passwords may wait for a thread; more are answered with 503.";
    HASH_QUEUE_CLIENT: u32 = number::<_, 1, 65_536>(), Fixed("16"),
        "How many passwords from one address may be hashed or wait at a time; more are answered with 503.";
    HASH_DEADLINE: Duration = DURATION, Fixed("5s"),
        "How long a password may wait for a thread before the answer is 503.";
}

/// Whether a stranger can learn that an address has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enumeration {
    /// Every answer is the same.
    Conceal,
    /// Creating a taken address is refused as such.
    Reveal,
}

impl Choice for Enumeration {
    const WORDS: &'static [(&'static str, Self)] = &[("conceal", Self::Conceal), ("reveal", Self::Reveal)];
    const PLACEHOLDER: &'static str = "conceal|reveal";
}

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

fn derive(values: &mut Values, _: Environment) {
    values.derive(&HASH_THREADS, |_| Some(available_parallelism().map_or(1, usize::from).to_string()));
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    lanes(values, report);
    cost(values, report);
}

fn check_realm(values: &Values, report: &mut Report) {
    lifetimes(values, report);
    min_length(values, report);
}

/// NIST SP 800-63B-4 §3.1.3; ASVS 6.5.5.
const MOST_FOR_A_CODE: Duration = Duration::from_secs(600);

fn lifetimes(values: &Values, report: &mut Report) {
    if values.get(&OTP_TTL).is_some_and(|lifetime| lifetime > MOST_FOR_A_CODE) {
        let text = "must be at most 10m: six digits are no secret for longer";
        report.problem(OTP_TTL.name(), text, Fix::set(OTP_TTL.name(), "10m"));
    }
    if let (Some(waits), Some(link)) = (values.get(&REGISTRATION_TTL), values.get(&VERIFICATION_TTL))
        && waits < link
    {
        let text = "is shorter than VERIFICATION_TTL, so that links would die before their time: make it longer";
        let fix = Fix::set(REGISTRATION_TTL.name(), format!("{}s", link.as_secs() + 1));
        report.problem(REGISTRATION_TTL.name(), text, fix).beside(VERIFICATION_TTL.name());
    }
}

fn lanes(values: &Values, report: &mut Report) {
    let (memory, lanes) = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_PARALLELISM));
    if let (Some(memory), Some(lanes)) = (memory, lanes)
        && memory < 8 * lanes
    {
        let text = format!("must be at least 8 for each lane of ARGON2_PARALLELISM: {} or more", 8 * lanes);
        let fix = Fix::set(ARGON2_MEMORY_KIB.name(), (8 * lanes).max(19_456).to_string());
        report.problem(ARGON2_MEMORY_KIB.name(), text, fix).beside(ARGON2_PARALLELISM.name());
    }
}

/// Argon2id's floor (OWASP Password Storage): so much memory in KiB with so many iterations, or more of both.
const ARGON2_FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

fn cost(values: &Values, report: &mut Report) {
    let cost = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_ITERATIONS));
    if let (Some(memory), Some(iterations)) = cost
        && !ARGON2_FLOOR.iter().any(|(floor, least)| memory >= *floor && iterations >= *least)
    {
        let text = format!(
            "of {memory} with {iterations} ARGON2_ITERATIONS is below OWASP's floor: take 47104 with 1, 19456 with 2, \
             12288 with 3, 9216 with 4 or 7168 with 5, or more"
        );
        let reached = ARGON2_FLOOR.iter().filter(|(_, least)| iterations >= *least);
        let enough = reached.map(|(floor, _)| *floor).min().unwrap_or(19_456);
        let fix = Fix::set(ARGON2_MEMORY_KIB.name(), enough.to_string());
        let diagnostic = report.insecure(RefusedElseWarned, ARGON2_MEMORY_KIB.name(), text, fix);
        diagnostic.beside(ARGON2_ITERATIONS.name());
    }
}

fn min_length(values: &Values, report: &mut Report) {
    if values.get(&PASSWORD_MIN_LENGTH).is_some_and(|least| least < 8) {
        let fix = Fix::set(PASSWORD_MIN_LENGTH.name(), "8");
        report.insecure(RefusedElseWarned, PASSWORD_MIN_LENGTH.name(), "is under 8: set 8 or more, better 15", fix);
    }
}
