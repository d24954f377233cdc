use std::time::Duration;

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{ChallengeId, RealmName, UserId},
    seal::Sealed,
};

/// Purpose of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Verifying the email address of a registration.
    Registration,
    /// Setting a new password.
    Reset,
    /// Verifying a phone number.
    Phone,
    /// Changing a user's email address.
    EmailChange,
    /// Restoring a user's previous email address.
    EmailUndo,
    /// Undoing a password change.
    PasswordUndo,
    /// Changing a user's phone number.
    PhoneChange,
    /// Completing a login or re-authentication with a second factor.
    Ticket,
    /// Adding an authenticator app.
    Enrolment,
    /// SMS code as a second factor.
    FactorCode,
    /// Undoing the addition of a factor.
    FactorUndo,
    /// Accepting an invitation.
    Invitation,
    /// Linking an account at another provider.
    Linking,
    /// Authorization code of a client.
    Code,
    /// Signing in by a mailed code or link.
    SigninCode,
    /// Making the first owner.
    FirstOwner,
}

impl Purpose {
    const ALL: [Self; 16] = [
        Self::Registration,
        Self::Reset,
        Self::Phone,
        Self::EmailChange,
        Self::EmailUndo,
        Self::PasswordUndo,
        Self::PhoneChange,
        Self::Ticket,
        Self::Enrolment,
        Self::FactorCode,
        Self::FactorUndo,
        Self::Invitation,
        Self::Linking,
        Self::Code,
        Self::SigninCode,
        Self::FirstOwner,
    ];

    /// Returns the stored string.
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
            Self::Ticket => "ticket",
            Self::Enrolment => "enrolment",
            Self::FactorCode => "factor_code",
            Self::FactorUndo => "factor_undo",
            Self::Invitation => "invitation",
            Self::Linking => "linking",
            Self::Code => "code",
            Self::SigninCode => "signin_code",
            Self::FirstOwner => "first_owner",
        }
    }

    /// Parses the stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Returns whether the lifetime starts when the message is handed over. The lifetime of undo links, invitations
    /// and sign-in codes starts immediately.
    #[must_use]
    pub const fn begins_at_hand_over(self) -> bool {
        !matches!(
            self,
            Self::EmailUndo | Self::PasswordUndo | Self::FactorUndo | Self::Invitation | Self::Code | Self::SigninCode
        )
    }
}

/// A request to prove control of a mailbox or phone number, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub realm: RealmName,
    /// Random seed that its tokens are derived from.
    pub id: ChallengeId,
    pub purpose: Purpose,
    /// User or registration that it belongs to.
    pub subject: UserId,
    /// Lifetime of a token, which starts when its message is handed over.
    pub lifetime: Duration,
    /// Expiry: initially the latest possible one, later hand-over plus [`lifetime`](Self::lifetime).
    pub expires_at: Timestamp,
    /// Time when it was used.
    pub used_at: Option<Timestamp>,
    /// Number of attempts to enter its code.
    pub tries: u32,
    /// Additional data, sealed under the data key of its subject.
    pub note: Option<Sealed>,
}

/// Maximum time from creation to hand-over of a message. After that, its link is no longer sent.
pub const HAND_OVER_WITHIN: Duration = Duration::from_secs(24 * 3600);

impl Challenge {
    /// Creates a challenge that is valid until `lifetime` after the latest possible hand-over.
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
            note: None,
        }
    }

    /// Creates a challenge whose lifetime starts now, because no message is sent for it.
    #[must_use]
    pub fn beginning(ctx: &Ctx, realm: &RealmName, purpose: Purpose, subject: &UserId, lifetime: Duration) -> Self {
        Self { expires_at: ctx.now.plus(lifetime), ..Self::new(ctx, realm, purpose, subject, lifetime) }
    }

    /// Returns whether it is unused and has not expired.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}
