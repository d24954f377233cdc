use std::time::Duration;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, RealmName, UserId},
};

/// Purpose of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Verifying the address of a registration.
    Registration,
    /// Setting a new password.
    Reset,
    /// Verifying a phone number.
    Phone,
    /// Replacing the address of a user by another one.
    EmailChange,
    /// Restoring the address that a user had before.
    EmailUndo,
    /// Undoing a change of the password.
    PasswordUndo,
    /// Replacing the phone number of a user by another one.
    PhoneChange,
}

impl Purpose {
    const ALL: [Self; 7] = [
        Self::Registration,
        Self::Reset,
        Self::Phone,
        Self::EmailChange,
        Self::EmailUndo,
        Self::PasswordUndo,
        Self::PhoneChange,
    ];

    /// Returns the word that the store keeps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Reset => "reset",
            Self::Phone => "phone",
            Self::EmailChange => "email_change",
            Self::EmailUndo => "email_undo",
            Self::PasswordUndo => "password_undo",
            Self::PhoneChange => "phone_change",
        }
    }

    /// Reads the word that the store keeps.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Returns whether its lifetime is counted from the hand-over of its message. That of an undo is counted from what it undoes.
    #[must_use]
    pub const fn begins_at_hand_over(self) -> bool {
        !matches!(self, Self::EmailUndo | Self::PasswordUndo)
    }
}

/// Request to prove the control of a mailbox or phone number, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub realm: RealmName,
    /// Random seed of its tokens.
    pub id: ChallengeId,
    pub purpose: Purpose,
    /// User or registration that it concerns.
    pub subject: UserId,
    /// Lifetime of a token, counted from the hand-over of its message.
    pub lifetime: Duration,
    /// Expiry: at first the latest possible one, later hand-over plus [`lifetime`](Self::lifetime).
    pub expires_at: Timestamp,
    /// Time of its use, if it was used.
    pub used_at: Option<Timestamp>,
    /// Number of attempts to enter its code.
    pub tries: u32,
}

/// Longest wait of a message for its hand-over. After it the link is no longer sent.
pub const HAND_OVER_WITHIN: Duration = Duration::from_secs(24 * 3600);

impl Challenge {
    /// Makes a challenge that is valid until `lifetime` after the latest possible hand-over.
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

    /// Returns whether it is neither used nor expired.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}
