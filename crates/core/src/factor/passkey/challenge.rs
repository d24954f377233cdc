use std::time::Duration;

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use super::PasskeyUse;
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, UserId},
    seal::{self, RealmKeys},
};

/// Lifetime of a challenge.
pub const CHALLENGE_TTL: Duration = Duration::from_secs(300);

/// Purpose of a challenge. It is not accepted for another purpose, account or ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengePurpose<'a> {
    Login,
    /// Completing a ticket.
    Factor(ChallengeId),
    /// Adding a passkey or security key in a session.
    Registration(PasskeyUse, &'a UserId),
    /// Adding a passkey or security key as the first factor, with a ticket.
    Enrolment(PasskeyUse, ChallengeId),
}

/// Challenge of a ceremony: 8 bytes of time, 8 random bytes, and a MAC of both and the purpose under a key of the
/// realm. Nothing is stored when one is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyChallenge([u8; 32]);

impl PasskeyChallenge {
    /// Creates a challenge.
    #[must_use]
    pub fn issue(ctx: &Ctx, keys: &RealmKeys, purpose: ChallengePurpose<'_>) -> Self {
        let (at, random): ([u8; 8], [u8; 8]) = (ctx.now.millis().to_be_bytes(), ctx.bytes());
        let tag = tag(keys, purpose, &at, &random);
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(at.iter().chain(&random).chain(&tag)).for_each(|(byte, value)| *byte = *value);
        Self(bytes)
    }

    /// Creates a challenge from bytes. Returns `None` if the length is wrong.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Parses base64url without padding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
    }

    /// Returns base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns whether this realm issued it for this purpose within the last five minutes. The clock of the issuing
    /// server may be ahead.
    #[must_use]
    pub fn is_valid(&self, keys: &RealmKeys, purpose: ChallengePurpose<'_>, now: Timestamp) -> bool {
        let Some((at, rest)) = self.0.split_first_chunk::<8>() else { return false };
        let Some((random, found)) = rest.split_first_chunk::<8>() else { return false };
        let is_ours = constant_time::verify_slices_are_equal(&tag(keys, purpose, at, random), found).is_ok();
        let issued_at = self.issued_at();
        is_ours && now.since(issued_at).max(issued_at.since(now)) < CHALLENGE_TTL
    }

    /// Returns the time after which it is guaranteed to be invalid.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.issued_at().plus(CHALLENGE_TTL)
    }

    fn issued_at(&self) -> Timestamp {
        Timestamp::from_millis(i64::from_be_bytes(self.0.first_chunk().copied().unwrap_or_default()))
    }
}

fn tag(keys: &RealmKeys, purpose: ChallengePurpose<'_>, at: &[u8; 8], random: &[u8; 8]) -> [u8; 16] {
    let none: &[u8] = &[];
    let [word, of, subject]: [&[u8]; 3] = match &purpose {
        ChallengePurpose::Login => [b"login", none, none],
        ChallengePurpose::Factor(ticket) => [b"factor", none, &ticket.0],
        ChallengePurpose::Registration(of, user) => [b"registration", of.as_str().as_bytes(), user.as_str().as_bytes()],
        ChallengePurpose::Enrolment(of, ticket) => [b"enrolment", of.as_str().as_bytes(), &ticket.0],
    };
    let tag = seal::mac(keys.link_key(), [b"passkey challenge".as_slice(), word, of, subject, at, random]);
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
