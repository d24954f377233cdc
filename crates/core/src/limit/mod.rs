//! How often something may be done: quotas, what has been done of them, and the waits after wrong passwords.

mod failures;
mod flights;
mod tally;

pub use failures::Failures;
pub use flights::{Flight, Flights, Grounded};
pub use tally::Tally;

use std::{fmt, net::IpAddr, time::Duration};

use aws_lc_rs::digest;

/// So many times in any stretch of time that is so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many times.
    pub times: u32,
    /// In how long a stretch.
    pub per: Duration,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// Wrong passwords.
    Passwords,
    /// Passwords that are being hashed.
    Hashes,
    /// Registrations.
    Registrations,
    /// Requests for a link for a new password.
    Resets,
    /// Requests for another verification mail.
    Resends,
    /// Mails to one address, by whichever of the three.
    Mails,
    /// Requests for a code by SMS.
    Codes,
    /// Links and codes that are tried.
    Links,
    /// Refreshes of a session.
    Refreshes,
    /// All SMS together.
    Sms,
    /// SMS to one country.
    SmsCountry,
}

impl Row {
    /// A stable word for headers, log and metrics, after the row's setting where it has one of its own.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passwords => "passwords",
            Self::Hashes => "hash_queue",
            Self::Registrations => "registrations",
            Self::Resets => "resets",
            Self::Resends => "resends",
            Self::Mails => "mails",
            Self::Codes => "otp",
            Self::Links => "links",
            Self::Refreshes => "refreshes",
            Self::Sms => "sms_total",
            Self::SmsCountry => "sms_country",
        }
    }
}

/// What limits do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Refuse what is too much.
    Enforce,
    /// Count and tell the log, but refuse nothing.
    Observe,
    /// Nothing.
    Off,
}

/// How much is allowed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// What limits do.
    pub mode: Mode,
    /// Wrong passwords of an account that cost no wait, and after how long without one all are forgotten.
    pub passwords_account: Quota,
    /// Wrong passwords of a client.
    pub passwords_client: Quota,
    /// Of so many accounts and devices wrong passwords are remembered: beyond it the oldest are forgotten.
    pub passwords_kept: u64,
    /// Mails to an address that anybody can have sent.
    pub mails_account: Quota,
    /// Requests of a client that send a mail, of each kind.
    pub mails_client: Quota,
    /// SMS to a number, and on behalf of an account; all of them must hold.
    pub codes_account: Vec<Quota>,
    /// Requests of a client for a code.
    pub codes_client: Quota,
    /// Passwords of a client that are hashed or wait for it at the same time.
    pub hashes_client: u32,
    /// Links and codes that a client tries in vain.
    pub links_client: Quota,
    /// Refreshes of a session.
    pub refreshes_session: Quota,
    /// All SMS together.
    pub sms: Quota,
    /// SMS to one country.
    pub sms_country: Quota,
    /// When codes to a country are stopped, because they do not come back.
    pub sms_stop: SmsStop,
}

/// Codes that are sent and never given back are a sign of somebody who earns by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsStop {
    /// So many a day to one country are too few to judge by.
    pub after: u32,
    /// If fewer of a hundred come back, no more go there.
    pub percent: u32,
}

/// What a quota is counted for: a hash that tells nobody for whom.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey(pub [u8; 32]);

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKey(…)")
    }
}

impl LimitKey {
    /// For what belongs to no account and is no secret, such as a country.
    #[must_use]
    pub fn public(row: Row, what: &str) -> Self {
        Self::of(&[row.as_str().as_bytes(), what.as_bytes()])
    }

    /// For a client, who is an address; of IPv6 a network of 64 bits, within which anybody has all addresses.
    #[must_use]
    pub fn client(row: Row, address: IpAddr) -> Self {
        let bytes = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        };
        Self::of(&[row.as_str().as_bytes(), b"client", &bytes])
    }

    /// For a site of IPv6, a network of 48 bits, within which somebody may have all networks of 64.
    #[must_use]
    pub fn site(row: Row, address: IpAddr) -> Option<Self> {
        let IpAddr::V6(address) = address.to_canonical() else { return None };
        let bytes: Vec<u8> = address.octets().into_iter().take(6).collect();
        Some(Self::of(&[row.as_str().as_bytes(), b"site", &bytes]))
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        Self(context.finish().as_ref().first_chunk().copied().unwrap_or_default())
    }
}

/// How much of a quota is left, for the client to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Of what.
    pub row: Row,
    /// The whole.
    pub quota: Quota,
    /// How often it may still be done.
    pub left: u32,
    /// When the first that counts is forgotten.
    pub reset: Duration,
}
