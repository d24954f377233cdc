use zeroize::Zeroizing;

use super::{Method, recovery_code};
use crate::link::TypedCode;

/// Code of a second factor as entered. Never printed.
pub struct FactorCode {
    text: Zeroizing<String>,
    /// Kind given in the request.
    named: Option<Method>,
}

/// Maximum length of an entered code in bytes.
const MAX_BYTES: usize = 128;
/// Number of digits of an authenticator app's code.
const DIGITS: usize = 6;

impl FactorCode {
    /// Parses a code and the kind given in the request. Spaces and hyphens are removed. Returns `None` if the text
    /// cannot be a code.
    #[must_use]
    pub fn parse(raw: &str, named: Option<&str>) -> Option<Self> {
        let named = named.map(Method::parse);
        if raw.len() > MAX_BYTES || named == Some(None) {
            return None;
        }
        let text: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let text = Zeroizing::new(text);
        text.is_ascii().then_some(Self { text, named: named.flatten() })
    }

    /// Returns the digits if it may be a TOTP code.
    #[must_use]
    pub fn totp(&self) -> Option<&str> {
        let is_code = self.text.len() == DIGITS && self.text.bytes().all(|byte| byte.is_ascii_digit());
        let is_named = self.named.is_none_or(|named| named == Method::Totp);
        Some(self.text.as_str()).filter(|_| is_code && is_named)
    }

    /// Returns the code if it may be an SMS code. Without a kind, six digits are a TOTP code if the user has an
    /// authenticator app.
    #[must_use]
    pub fn sms(&self, has_totp: bool) -> Option<TypedCode> {
        let is_named = self.named.map_or(!has_totp, |named| named == Method::Sms);
        TypedCode::parse(&self.text).filter(|_| is_named)
    }

    /// Returns the recovery code in canonical form if it may be one.
    #[must_use]
    pub fn recovery_code(&self) -> Option<Zeroizing<String>> {
        let is_named = self.named.is_none_or(|named| named == Method::RecoveryCode);
        recovery_code::canonical(&self.text).filter(|_| is_named)
    }
}

impl std::fmt::Debug for FactorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FactorCode(…)")
    }
}
