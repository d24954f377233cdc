//! Links and codes that prove control of a mailbox or phone number. Their tokens are derived from a challenge, so
//! that no secret is stored.
//!
//! A challenge is a random identifier in the store, bound to realm, subject and purpose. A token is this identifier
//! followed by its HMAC under the realm's link key, with a different label for each action. A token for one action is
//! not accepted for another, and a copy of the store is not sufficient to derive tokens.

mod browser;
mod carried;
mod challenge;
mod code;
mod spent;

pub use browser::BrowserProof;
pub use carried::{CarriedFor, MAX_CARRIED_LENGTH};
pub use challenge::{Challenge, HAND_OVER_WITHIN, Purpose};
pub use code::{Code, TypedCode};
pub use spent::SpentProof;

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    id::ChallengeId,
    seal::{self, RealmKeys},
};

/// Action of a link or code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAction {
    /// Verifies the email address of a registration.
    Verify,
    /// Sets the first password of a contested registration and verifies its address.
    SetPassword,
    /// Cancels a registration ("this was not me").
    Reject,
    /// Sets a new password.
    Reset,
    /// Verifies a phone number, together with a code.
    Phone,
    /// Changes a user's email address.
    ChangeEmail,
    /// Restores a user's previous email address.
    UndoEmail,
    /// Undoes a password change.
    UndoPassword,
    /// Changes a user's phone number, together with a code.
    ChangePhone,
    /// Completes a login, a re-authentication or the enrolment of a first factor.
    Ticket,
    /// Confirms an authenticator app.
    Enrol,
    /// Undoes the addition of a factor.
    UndoFactor,
    /// Accepts an invitation and sets a password.
    Invite,
    /// Links an account at another provider.
    LinkIdentity,
    /// Issues tokens to a client: an authorization code.
    Authorize,
    /// Signs in, together with a mailed code.
    SigninCode,
    /// Signs the user in.
    SigninLink,
    /// Creates the first owner.
    FirstOwner,
}

impl LinkAction {
    /// Returns the label inside the MAC. Emailed links depend on it, so its spelling must not change.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Verify => b"verify",
            Self::SetPassword => b"claim",
            Self::Reject => b"disown",
            Self::Reset => b"reset",
            Self::Phone => b"phone",
            Self::ChangeEmail => b"change_email",
            Self::UndoEmail => b"undo_email",
            Self::UndoPassword => b"undo_password",
            Self::ChangePhone => b"change_phone",
            Self::Ticket => b"ticket",
            Self::Enrol => b"enrol",
            Self::UndoFactor => b"undo_factor",
            Self::Invite => b"invite",
            Self::LinkIdentity => b"link_identity",
            Self::Authorize => b"authorize",
            Self::SigninCode => b"signin_code",
            Self::SigninLink => b"signin_link",
            Self::FirstOwner => b"first_owner",
        }
    }
}

/// Token contained in the URL of a link. Never printed.
#[derive(Clone)]
pub struct LinkToken(String);

impl LinkToken {
    /// Derives the token of a challenge for one action.
    #[must_use]
    pub fn derive(keys: &RealmKeys, action: LinkAction, challenge: &Challenge) -> Self {
        let mut bytes = challenge.id.0.to_vec();
        bytes.extend_from_slice(&mac(keys, action, challenge));
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Returns the text for the URL.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A received link token. It identifies a challenge. [`proves`](Self::proves) checks that it was derived from that
/// challenge.
pub struct PresentedToken {
    pub challenge: ChallengeId,
    mac: [u8; 16],
}

impl std::fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PresentedToken(…)")
    }
}

impl PresentedToken {
    /// Parses a token. Returns `None` if it is malformed.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        Some(Self { challenge: ChallengeId(*id), mac: mac.try_into().ok()? })
    }

    /// Returns whether the token was derived from this challenge for this action and realm. The MAC covers the
    /// subject, so a token becomes invalid if the subject of its challenge is changed in the store.
    #[must_use]
    pub fn proves(&self, keys: &RealmKeys, action: LinkAction, challenge: &Challenge) -> bool {
        constant_time::verify_slices_are_equal(&self.mac, &mac(keys, action, challenge)).is_ok()
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// Returns HMAC-SHA-256 of action, challenge and subject, truncated to 128 bits (RFC 2104 §5).
fn mac(keys: &RealmKeys, action: LinkAction, challenge: &Challenge) -> [u8; 16] {
    let tag = seal::mac(keys.link_key(), [action.label(), &challenge.id.0, challenge.subject.as_str().as_bytes()]);
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
