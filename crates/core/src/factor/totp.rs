use aws_lc_rs::constant_time;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::FactorName;
use crate::{
    SecretString,
    clock::Timestamp,
    error::{Error, Result},
    id::{FactorId, UserId},
    link::Challenge,
    record::{Record, RecordKind},
    seal::{self, RealmKeys},
};

/// Maximum number of authenticator apps per account.
pub const MAX_TOTP: usize = 3;
/// Length of a step (RFC 6238 §4.1).
const STEP_SECONDS: u64 = 30;

/// Secret of an authenticator app: 160 bits (RFC 4226 §4). Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    /// Creates a secret from raw bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Derives the secret of an enrolment, so that it is only stored once it is confirmed.
    #[must_use]
    pub fn derive(keys: &RealmKeys, enrolment: &Challenge) -> Self {
        let parts = [b"totp".as_slice(), &enrolment.id.0, enrolment.subject.as_str().as_bytes()];
        let tag = seal::mac(keys.link_key(), parts);
        Self::from_bytes(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// Returns the secret as text, for apps that cannot scan the QR code.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// Returns the URI for the QR code. Apps display issuer and account. Neither may contain a colon.
    ///
    /// # Errors
    /// Returns `Internal` if the library rejects them.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<SecretString> {
        let [issuer, account] = [issuer, account].map(|text| text.replace(':', " "));
        let totp = self.builder().with_issuer(Some(issuer)).with_account_name(account).build();
        totp.and_then(|totp| totp.to_url()).map(SecretString::from).map_err(|error| Error::internal(error.to_string()))
    }

    /// Returns the code at this time.
    #[must_use]
    pub fn code(&self, now: Timestamp) -> Zeroizing<String> {
        self.code_of(step(now))
    }

    /// Returns a code that is currently valid and unused, or `None` if there is none before the next step.
    #[must_use]
    pub fn unused_code(&self, now: Timestamp, last: u64) -> Option<Zeroizing<String>> {
        let current = step(now);
        [current, current + 1].into_iter().find(|step| *step > last).map(|step| self.code_of(step))
    }

    /// Returns the step of a code: the current, the previous or the next one, if it is later than `last`. All three
    /// are computed for every code, so that the duration is constant.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
        let current = step(now);
        let steps = [current.saturating_sub(1), current, current + 1];
        let is_code =
            |step: u64| constant_time::verify_slices_are_equal(self.code_of(step).as_bytes(), code.as_bytes()).is_ok();
        let matching = steps.map(|step| (step, is_code(step)));
        let mut unused =
            matching.into_iter().filter(|(step, is_code)| *is_code && last.is_none_or(|last| *step > last));
        unused.next().map(|(step, _)| step)
    }

    fn code_of(&self, step: u64) -> Zeroizing<String> {
        Zeroizing::new(self.totp().generate(step.saturating_mul(STEP_SECONDS)).to_string())
    }

    fn totp(&self) -> Totp {
        self.builder().build_noncompliant()
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(&self.0[..]).with_digits(6).with_step_duration(STEP_SECONDS)
    }
}

fn step(now: Timestamp) -> u64 {
    u64::try_from(now.secs()).unwrap_or_default() / STEP_SECONDS
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// Authenticator app of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpFactor {
    pub id: FactorId,
    pub user: UserId,
    pub secret: TotpSecret,
    pub name: FactorName,
    /// Last used step. Codes of this and earlier steps are rejected (RFC 6238 §5.2).
    pub last_step: u64,
    /// Account revision at which it was added. Undoing an earlier change removes it.
    pub since: u64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl TotpFactor {
    /// Returns the factor with this code marked as used, or `None` if the code is wrong or was already used.
    #[must_use]
    pub fn used(&self, code: &str, now: Timestamp) -> Option<Self> {
        let last_step = self.secret.step_of(code, now, Some(self.last_step))?;
        Some(Self { last_step, last_used_at: Some(now), ..self.clone() })
    }
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
struct Stored {
    user: String,
    secret: String,
    name: String,
    last_step: u64,
    since: u64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
}

impl Record for TotpFactor {
    const KIND: RecordKind = RecordKind::Totp;

    fn key(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            user: self.user.as_str().to_owned(),
            secret: seal::hex(&*self.secret.0),
            name: self.name.as_str().to_owned(),
            last_step: self.last_step,
            since: self.since,
            created_at: self.created_at.millis(),
            last_used_at: self.last_used_at.map(Timestamp::millis),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            id: FactorId::parse(key)?,
            user: UserId::parse(&stored.user)?,
            secret: TotpSecret::from_bytes(seal::unhex(&stored.secret)?),
            name: FactorName::parse(&stored.name)?,
            last_step: stored.last_step,
            since: stored.since,
            created_at: Timestamp::from_millis(stored.created_at),
            last_used_at: stored.last_used_at.map(Timestamp::from_millis),
        })
    }
}
