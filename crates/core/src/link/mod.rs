//! Links and codes that prove a mailbox: tokens derived from a challenge, so that nothing secret is stored.
//!
//! A challenge is a random identifier in the store, bound to realm, subject and purpose. Its tokens are that identifier
//! followed by an HMAC of it under the realm's link key, one for each thing that a link may do: a token for one act is
//! worth nothing for another, and a copy of the store gives none.

use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::{
    account::phone::PhoneNumber,
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, RealmName, UserId},
    seal::RealmKeys,
};

/// What a link does when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Proves the address of a registration.
    Verify,
    /// Sets the password of a contested registration and proves its address.
    Claim,
    /// Discards a registration: "this was not me".
    Disown,
    /// Sets a new password.
    Reset,
    /// Proves a telephone number, together with a code.
    Phone,
}

impl Act {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Verify => b"verify",
            Self::Claim => b"claim",
            Self::Disown => b"disown",
            Self::Reset => b"reset",
            Self::Phone => b"phone",
        }
    }
}

/// What a challenge was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proving the address of a registration.
    Registration,
    /// Setting a new password.
    Reset,
    /// Proving a telephone number.
    Phone,
}

impl Purpose {
    /// The word for the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Reset => "reset",
            Self::Phone => "phone",
        }
    }

    /// From the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Registration, Self::Reset, Self::Phone].into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// A challenge as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm it is good in.
    pub realm: RealmName,
    /// Random; the seed of its tokens.
    pub id: ChallengeId,
    /// What it was made for.
    pub purpose: Purpose,
    /// Whom it concerns.
    pub subject: UserId,
    /// How long a token lives once its message was handed over.
    pub lifetime: Duration,
    /// The end: first the latest that it may be, then hand-over plus [`lifetime`](Self::lifetime).
    pub expires_at: Timestamp,
    /// When it was used, if it was.
    pub used_at: Option<Timestamp>,
    /// How often a code of it was tried.
    pub tries: u32,
}

/// How long a message may wait for its hand-over before its link is not worth sending any more.
pub const HAND_OVER_WITHIN: Duration = Duration::from_secs(24 * 3600);

impl Challenge {
    /// A new one, good from now until `lifetime` after the latest possible hand-over.
    #[must_use]
    pub fn new(ctx: &Ctx, realm: &RealmName, purpose: Purpose, subject: &UserId, lifetime: Duration) -> Self {
        Self {
            realm: realm.clone(),
            id: ChallengeId(ctx.bytes()),
            purpose,
            subject: subject.clone(),
            lifetime,
            expires_at: ctx.now.plus(HAND_OVER_WITHIN).plus(lifetime),
            used_at: None,
            tries: 0,
        }
    }
}

/// The token of a link, as it stands in the URL. Never printed.
#[derive(Clone)]
pub struct LinkToken(String);

impl LinkToken {
    /// The token of a challenge for one act.
    #[must_use]
    pub fn derive(keys: &RealmKeys, act: Act, challenge: &Challenge) -> Self {
        let mut bytes = challenge.id.0.to_vec();
        bytes.extend_from_slice(&mac(keys, act, challenge));
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// The text for the URL.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A token as somebody sent it: it names a challenge, and has yet to prove that it was derived from it.
pub struct Presented {
    /// The challenge that it names.
    pub challenge: ChallengeId,
    mac: [u8; 16],
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presented(…)")
    }
}

impl Presented {
    /// Reads a token. `None` for what cannot be one.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        Some(Self { challenge: ChallengeId(*id), mac: mac.try_into().ok()? })
    }

    /// Whether it was derived by us from this challenge, for this act, in this realm. Whom the challenge concerns is part
    /// of it: a challenge that was turned to somebody else in the store proves nothing.
    #[must_use]
    pub fn proves(&self, keys: &RealmKeys, act: Act, challenge: &Challenge) -> bool {
        constant_time::verify_slices_are_equal(&self.mac, &mac(keys, act, challenge)).is_ok()
    }
}

/// A code of six digits, derived from its challenge and the number that it goes to: nothing of it is stored. Never printed.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code of a challenge for this number.
    #[must_use]
    pub fn derive(keys: &RealmKeys, challenge: &Challenge, phone: &PhoneNumber) -> Self {
        let mut context = hmac::Context::with_key(keys.link_key());
        for part in
            [b"code".as_slice(), &challenge.id.0, challenge.subject.as_str().as_bytes(), phone.as_str().as_bytes()]
        {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        // 64 bits over a million: the bias is less than one in 10^13.
        let number = u64::from_be_bytes(tag.as_ref().first_chunk().copied().unwrap_or_default());
        Self(Zeroizing::new(format!("{:06}", number % 1_000_000)))
    }

    /// Whether this is the code, compared in constant time.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), given.as_bytes()).is_ok()
    }

    /// The digits, for the message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// HMAC-SHA-256 of act, challenge and subject, cut to 128 bits (RFC 2104 §5).
fn mac(keys: &RealmKeys, act: Act, challenge: &Challenge) -> [u8; 16] {
    let mut context = hmac::Context::with_key(keys.link_key());
    for part in [act.label(), &challenge.id.0, challenge.subject.as_str().as_bytes()] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().first_chunk().copied().unwrap_or_default()
}
