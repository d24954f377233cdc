//! Email addresses in canonical form.

use std::fmt;

use aws_lc_rs::hmac;
use unicode_normalization::UnicodeNormalization;

use crate::seal::{BlindIndex, RealmKeys};

/// Email address in canonical form: trimmed, NFC, lower-case, with an ASCII domain (IDNA, RFC 5891). Addresses are
/// stored, compared and returned in this form. Personal data: never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The text is not an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid email address")]
pub struct NotAnAddress;

/// Maximum length of the local part in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Maximum length of an address in bytes (RFC 5321 §4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

impl EmailAddress {
    /// Parses `local@domain`. Display names, quoted local parts, comments, address literals and encoded words are
    /// rejected.
    ///
    /// # Errors
    /// Returns [`NotAnAddress`] if the text is malformed or too long.
    pub fn parse(raw: &str) -> Result<Self, NotAnAddress> {
        Self::stored(raw).ok().filter(|address| !address.has_encoded_word()).ok_or(NotAnAddress)
    }

    /// Parses an address that was accepted earlier, possibly by an earlier version, which accepted encoded words.
    ///
    /// # Errors
    /// Returns [`NotAnAddress`] if the text is malformed or too long.
    pub fn stored(raw: &str) -> Result<Self, NotAnAddress> {
        let raw = raw.trim();
        if raw.len() > 4 * MAX_ADDRESS {
            return Err(NotAnAddress);
        }
        let (local, domain) = raw.rsplit_once('@').ok_or(NotAnAddress)?;
        let address = format!("{}@{}", canonical_local(local)?, canonical_domain(domain)?);
        if address.len() > MAX_ADDRESS { Err(NotAnAddress) } else { Ok(Self(address)) }
    }

    /// Returns whether a part of the address looks like an encoded word (RFC 2047 §2), such as
    /// `=?utf-8?q?x?=@example.com`. Mail servers that decode it deliver to a different address, and no escaping
    /// prevents that.
    #[must_use]
    pub fn has_encoded_word(&self) -> bool {
        self.0.split_once("=?").is_some_and(|(_, rest)| rest.contains("?="))
    }

    /// Returns the canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the base address, whose mailbox usually receives emails to this address: the address without the tag
    /// after a plus sign (`john+shop@example.com`).
    #[must_use]
    pub fn mailbox(&self) -> String {
        let untagged = self.0.rsplit_once('@').and_then(|(local, domain)| {
            let (base, _) = local.split_once('+').filter(|(base, _)| !base.is_empty())?;
            Some(format!("{base}@{domain}"))
        });
        untagged.unwrap_or_else(|| self.0.clone())
    }

    /// Returns the blind index of the address in a realm.
    #[must_use]
    pub fn blind_index(&self, keys: &RealmKeys) -> BlindIndex {
        let tag = hmac::sign(keys.index_key(), self.0.as_bytes());
        BlindIndex(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// Canonicalizes a dot-atom (RFC 5322 §3.2.3), which may contain non-ASCII letters (RFC 6531 §3.3).
fn canonical_local(local: &str) -> Result<String, NotAnAddress> {
    // Lower-casing can denormalize a text, and composing can produce an upper-case letter. A second pass makes the
    // result canonical, so that parsing it again does not change it.
    let fold = |text: &str| -> String { text.nfc().collect::<String>().to_lowercase().nfc().collect() };
    let local = fold(&fold(local));
    let is_atom = |c: char| match c {
        c if c.is_ascii() => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
        c => c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
    };
    let well_formed =
        local.len() <= MAX_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom));
    if well_formed { Ok(local) } else { Err(NotAnAddress) }
}

/// Canonicalizes a host name with at least one dot to ASCII.
fn canonical_domain(domain: &str) -> Result<String, NotAnAddress> {
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnAddress)?.to_lowercase();
    let labels: Vec<&str> = domain.split('.').collect();
    let last_is_a_name = labels.last().is_some_and(|top| top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit()));
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let well_formed = labels.len() >= 2 && last_is_a_name && labels.iter().all(is_label);
    if well_formed { Ok(domain) } else { Err(NotAnAddress) }
}
