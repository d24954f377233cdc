use super::{CredentialId, CredentialKey, PasskeyRefusal, RelyingParty, cbor};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED_DATA: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// Backup state of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// Whether the credential can be copied to other devices, for example by a password manager.
    pub is_eligible: bool,
    /// Whether the credential has been copied.
    pub is_backed_up: bool,
}

/// Authenticator data (WebAuthn Level 3 §6.1).
#[derive(Debug)]
pub(super) struct AuthenticatorData {
    hash: [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) attested: Option<Attested>,
}

/// A new credential (WebAuthn Level 3 §6.5.1). The model of the authenticator is ignored.
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) id: CredentialId,
    pub(super) key: CredentialKey,
}

impl AuthenticatorData {
    /// Parses the bytes. The flags determine their length.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyRefusal> {
        let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(PasskeyRefusal::Malformed)?;
        let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(PasskeyRefusal::Malformed)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(PasskeyRefusal::Malformed)?;
        let attested = if flags & ATTESTED_DATA == 0 {
            None
        } else {
            let (attested, after) = Attested::read(rest)?;
            rest = after;
            Some(attested)
        };
        if flags & EXTENSIONS != 0 {
            let (extensions, after) = cbor::read(rest).ok_or(PasskeyRefusal::Extensions)?;
            if !extensions.is_map() {
                return Err(PasskeyRefusal::Extensions);
            }
            rest = after;
        }
        if !rest.is_empty() {
            return Err(PasskeyRefusal::TrailingBytes);
        }
        Ok(Self { hash: *hash, flags: *flags, counter: u32::from_be_bytes(*counter), attested })
    }

    /// Checks the relying party, the user's presence, the user's verification if required, and the backup flags.
    pub(super) fn check(&self, party: &RelyingParty, needs_verification: bool) -> Result<(), PasskeyRefusal> {
        if !party.has_hash(&self.hash) {
            return Err(PasskeyRefusal::RelyingParty);
        }
        if !self.has(USER_PRESENT) {
            return Err(PasskeyRefusal::UserPresence);
        }
        if needs_verification && !self.is_verified() {
            return Err(PasskeyRefusal::UserVerification);
        }
        if self.has(BACKED_UP) && !self.has(BACKUP_ELIGIBLE) {
            return Err(PasskeyRefusal::Backup);
        }
        Ok(())
    }

    /// Returns whether the authenticator has verified the user with a PIN or biometrics.
    pub(super) const fn is_verified(&self) -> bool {
        self.has(USER_VERIFIED)
    }

    pub(super) const fn backup(&self) -> Backup {
        Backup { is_eligible: self.has(BACKUP_ELIGIBLE), is_backed_up: self.has(BACKED_UP) }
    }

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Attested {
    fn read(bytes: &[u8]) -> Result<(Self, &[u8]), PasskeyRefusal> {
        let (_model, rest) = bytes.split_first_chunk::<16>().ok_or(PasskeyRefusal::AttestedData)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(PasskeyRefusal::AttestedData)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length).ok_or(PasskeyRefusal::AttestedData)?;
        let id = CredentialId::from_bytes(id).ok_or(PasskeyRefusal::CredentialId)?;
        let (_, after) = cbor::read(rest).ok_or(PasskeyRefusal::Key)?;
        let (key, after) = rest.split_at_checked(rest.len() - after.len()).ok_or(PasskeyRefusal::Key)?;
        Ok((Self { id, key: CredentialKey::parse(key)? }, after))
    }
}
