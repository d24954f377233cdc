//! Accounts, passwords and password hashing.

use std::{thread::available_parallelism, time::Duration};

use super::{
    longest::at_most,
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed},
    value::{Choice, DURATION, SWITCH, choice, number},
    values::Values,
};

pub(super) const SECTION: Section =
    Section::new("Accounts and passwords", SETTINGS).deriving(derive).checked(check).checked_per_realm(check_realm);

settings! {
    ACCOUNT_ENUMERATION: Enumeration = choice(), Fixed("conceal"),
        "`conceal`: responses are the same for addresses with and without an account. `reveal`: `create` rejects a taken address.";
    REGISTRATION_TTL: Duration = DURATION, Fixed("7d"),
        "Lifetime of an unverified registration.", per_realm;
    INVITATION_TTL: Duration = DURATION, Fixed("7d"),
        "Lifetime of an invitation, at most 90d.", per_realm;
    VERIFICATION_TTL: Duration = DURATION, Fixed("24h"),
        "Lifetime of the link in a verification email.", per_realm;
    RESET_TTL: Duration = DURATION, Fixed("30m"),
        "Lifetime of the link in a password reset email.", per_realm;
    OTP_TTL: Duration = DURATION, Fixed("5m"),
        "Lifetime of a code sent by SMS, at most 10m.", per_realm;
    PHONE_UNIQUE: bool = SWITCH, Fixed("off"),
        "Whether at most one user can have a verified phone number. A number of another user then gets no code, with the usual response.", per_realm;
    EMAIL_UNDO_WINDOW: Duration = DURATION, Fixed("7d"),
        "How long a change of address or password can be undone with the link in its notification email. The old address is reserved for the same time.", per_realm;
    NEW_DEVICE_MAIL: bool = SWITCH, Fixed("on"),
        "Whether a sign-in from an unknown device is reported by email. The first sign-in of an account is never reported.", per_realm;
    FRESH_AUTH_AGE: Duration = DURATION, Fixed("10m"),
        "Maximum age of the login for sensitive operations: changing the password, address or phone number, and exporting or deleting the account. If the login is older, the current password is required.", per_realm;
    DELETE_MAX_AUTH_AGE: Duration = DURATION, Fixed("30m"),
        "Maximum age of the login for deleting an account.", per_realm;
    PASSWORD_MIN_LENGTH: usize = number::<_, 1, 128>(), Fixed("8"),
        "Minimum number of characters of a new password. Recommended: 15.", per_realm;
    ARGON2_MEMORY_KIB: u32 = number::<_, 8, 4_194_304>(), Fixed("19456"),
        "Memory of a password hash in KiB (Argon2id).";
    ARGON2_ITERATIONS: u32 = number::<_, 1, 100>(), Fixed("2"),
        "Iterations of a password hash (Argon2id).";
    ARGON2_PARALLELISM: u32 = number::<_, 1, 64>(), Fixed("1"),
        "Lanes of a password hash (Argon2id).";
    HASH_THREADS: usize = number::<_, 1, 1024>(), Derived("one per processor"),
        "Number of threads that hash passwords.";
    HASH_QUEUE: usize = number::<_, 1, 65_536>(), Fixed("256"),
        "Maximum number of passwords in the hash queue. Further requests get a 503 response.";
    HASH_QUEUE_CLIENT: u32 = number::<_, 1, 65_536>(), Fixed("16"),
        "Maximum number of passwords per client address that are queued or being hashed. Further requests get a 503 response.";
    HASH_DEADLINE: Duration = DURATION, Fixed("5s"),
        "Maximum time of a password in the hash queue. After that, the request gets a 503 response.";
}

/// Whether responses reveal that an address has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enumeration {
    /// All responses are the same.
    Conceal,
    /// `create` rejects a taken address.
    Reveal,
}

impl Choice for Enumeration {
    const WORDS: &'static [(&'static str, Self)] = &[("conceal", Self::Conceal), ("reveal", Self::Reveal)];
    const PLACEHOLDER: &'static str = "conceal|reveal";
}

#[derive(Debug)]
pub struct Accounts {
    pub enumeration: Enumeration,
}

#[derive(Debug)]
pub struct Password {
    /// Cost of a hash.
    pub argon2: Argon2,
    /// Threads that compute hashes.
    pub hashing: Hashing,
}

/// Cost of an Argon2id hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2 {
    /// `ARGON2_MEMORY_KIB`, at least 8 per lane.
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

/// Settings of the password hash threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    pub threads: usize,
    pub queue: usize,
    pub deadline: Duration,
}

impl Accounts {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self { enumeration: values.get(&ACCOUNT_ENUMERATION)? })
    }
}

impl Password {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self {
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
    at_most(&RESET_TTL, 24, values, report);
    at_most(&VERIFICATION_TTL, 7 * 24, values, report);
    at_most(&EMAIL_UNDO_WINDOW, 90 * 24, values, report);
    at_most(&DELETE_MAX_AUTH_AGE, 24, values, report);
    min_length(values, report);
}

/// Maximum of `OTP_TTL` and `SIGNIN_CODE_TTL` (NIST SP 800-63B-4 §3.1.3; ASVS 6.5.5).
pub(super) const MAX_CODE_TTL: Duration = Duration::from_secs(600);

fn lifetimes(values: &Values, report: &mut Report) {
    if values.get(&OTP_TTL).is_some_and(|lifetime| lifetime > MAX_CODE_TTL) {
        let text = "must be at most 10m: a six-digit code that is valid longer could be guessed";
        report.problem(OTP_TTL.name(), text, Fix::set(OTP_TTL.name(), "10m"));
    }
    if let (Some(waits), Some(link)) = (values.get(&REGISTRATION_TTL), values.get(&VERIFICATION_TTL))
        && waits < link
    {
        let text = "is shorter than VERIFICATION_TTL: links would expire early. Set a longer time";
        let fix = Fix::set(REGISTRATION_TTL.name(), format!("{}s", link.as_secs() + 1));
        report.problem(REGISTRATION_TTL.name(), text, fix).beside(VERIFICATION_TTL.name());
    }
}

fn lanes(values: &Values, report: &mut Report) {
    let (memory, lanes) = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_PARALLELISM));
    if let (Some(memory), Some(lanes)) = (memory, lanes)
        && memory < 8 * lanes
    {
        let text = format!("must be at least 8 per lane (ARGON2_PARALLELISM): {} or more", 8 * lanes);
        let fix = Fix::set(ARGON2_MEMORY_KIB.name(), (8 * lanes).max(19_456).to_string());
        report.problem(ARGON2_MEMORY_KIB.name(), text, fix).beside(ARGON2_PARALLELISM.name());
    }
}

/// Minimum Argon2id cost (OWASP Password Storage): pairs of memory in KiB and iterations. At least one pair must be
/// reached in both.
const ARGON2_FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

fn cost(values: &Values, report: &mut Report) {
    let cost = (values.get(&ARGON2_MEMORY_KIB), values.get(&ARGON2_ITERATIONS));
    if let (Some(memory), Some(iterations)) = cost
        && !ARGON2_FLOOR.iter().any(|(floor, least)| memory >= *floor && iterations >= *least)
    {
        let text = format!(
            "{memory} with ARGON2_ITERATIONS={iterations} is below the OWASP minimum: use at least 47104 with 1, 19456 with 2, \
             12288 with 3, 9216 with 4 or 7168 with 5"
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
        report.insecure(
            RefusedElseWarned,
            PASSWORD_MIN_LENGTH.name(),
            "is less than 8: set at least 8. Recommended: 15",
            fix,
        );
    }
}
