use aws_lc_rs::constant_time;
use zeroize::Zeroizing;

use super::Challenge;
use crate::{
    account::phone::PhoneNumber,
    seal::{self, BlindIndex, RealmKeys},
    typed,
};

/// Six-digit code, derived from its challenge and the recipient's phone number or email address. Never stored and never
/// printed.
pub struct Code(Zeroizing<String>);

impl Code {
    /// Derives the code of a challenge for this number.
    #[must_use]
    pub fn derive(keys: &RealmKeys, challenge: &Challenge, phone: &PhoneNumber) -> Self {
        Self::derive_with(keys, (b"code", challenge), phone.as_str().as_bytes())
    }

    /// Derives the code of a challenge for the email address with this index.
    #[must_use]
    pub fn derive_for_mail(keys: &RealmKeys, challenge: &Challenge, address: BlindIndex) -> Self {
        Self::derive_with(keys, (b"mail_code", challenge), &address.0)
    }

    fn derive_with(keys: &RealmKeys, (label, challenge): (&[u8], &Challenge), recipient: &[u8]) -> Self {
        let subject = challenge.subject.as_str().as_bytes();
        let tag = seal::mac(keys.link_key(), [label, &challenge.id.0, subject, recipient]);
        // 64 bits modulo a million: the bias is below 10^-13.
        let number = u64::from_be_bytes(tag.as_ref().first_chunk().copied().unwrap_or_default());
        Self(Zeroizing::new(format!("{:06}", number % 1_000_000)))
    }

    /// Compares the code with an entered one in constant time.
    #[must_use]
    pub fn is(&self, typed: &TypedCode) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), typed.0.as_bytes()).is_ok()
    }

    /// Returns the digits for the message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Six digits entered by a user. Never printed.
pub struct TypedCode(Zeroizing<String>);

impl TypedCode {
    /// Parses a code. Spaces and dashes between the digits are removed, and digits of any script are accepted.
    /// Returns `None` unless exactly six digits remain.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let digits = Zeroizing::new(typed::compact(raw)?);
        (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Self(digits))
    }
}

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedCode(…)")
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}
