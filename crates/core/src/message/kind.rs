use super::Channel;
use crate::link::LinkAction;

/// Kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Link that verifies the email address of a registration.
    VerifyEmail,
    /// Notice that an address with an account was used for another sign-up.
    AlreadyRegistered,
    /// Welcome after verification.
    Welcome,
    /// Link to set a new password.
    ResetPassword,
    /// Notice that the password was changed.
    PasswordChanged,
    /// Link to the new address that confirms an email address change.
    EmailChange,
    /// Notice to the old address that it was replaced, with a link that restores it.
    EmailChanged,
    /// Notice that the address was restored, with a password reset link.
    EmailChangeUndone,
    /// Notice that the user changed the password, with a link to undo the change.
    PasswordChangedByUser,
    /// Link to replace a compromised password.
    PasswordChangeRequired,
    /// Notice that the phone number was replaced.
    PhoneChanged,
    /// Notice that the phone number was removed.
    PhoneRemoved,
    /// Notice that a second factor was added, with a link to undo the addition.
    FactorAdded,
    /// Notice that a second factor was added, if it cannot be undone.
    FactorAddedForGood,
    /// Notice that a second factor was removed.
    FactorRemoved,
    /// Notice that the addition of a factor was undone, with a password reset link.
    AdditionUndone,
    /// Link to link an account at another provider.
    LinkIdentity,
    /// Code and link that sign in.
    SigninCode,
    /// Notice that an account at another provider was linked, with a link to undo it.
    IdentityLinked,
    /// Notice that an account at another provider was linked, if it cannot be undone.
    IdentityLinkedForGood,
    /// Notice that an account at another provider was unlinked.
    IdentityUnlinked,
    /// Notice that two-step verification was turned on or off.
    TwoStepChanged,
    /// Notice that a recovery code was used.
    RecoveryCodeUsed,
    /// Notice that recovery codes were regenerated.
    RecoveryCodesRenewed,
    /// Notice of failed second-factor attempts after a correct password.
    WrongFactors,
    /// Notice that a passkey may have been cloned.
    PasskeyCounter,
    /// Notice that the password was removed.
    PasswordRemoved,
    /// Notice of a sign-in from an unknown device.
    NewDevice,
    /// Link to accept an invitation.
    Invitation,
    /// Link to accept an invitation as an administrator.
    AdminInvitation,
    /// Notice that an administrator impersonates the user.
    Impersonated,
    /// Notice that the account was deleted.
    AccountDeleted,
    /// Code that verifies a phone number, by SMS.
    PhoneCode,
    /// Query for the delivery status of an SMS. Nothing is sent.
    SmsStatus,
}

/// Properties of a message kind.
#[derive(Debug)]
pub struct Spec {
    /// Identifier for store and log.
    pub word: &'static str,
    pub channel: Channel,
    /// Template name without suffix. Empty if nothing is sent.
    pub template: &'static str,
    /// Links derived from the message's challenge. A message with links is not sent if its challenge is no longer
    /// valid.
    pub links: &'static [LinkSpec],
}

/// A link in an email.
#[derive(Debug)]
pub struct LinkSpec {
    pub role: LinkRole,
    /// Page that it opens, relative to the realm.
    pub page: &'static str,
    pub action: LinkAction,
}

/// Role of a link in an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRole {
    Verification,
    Undo,
    Reset,
    SignIn,
}

const fn mail(word: &'static str, template: &'static str, links: &'static [LinkSpec]) -> Spec {
    Spec { word, channel: Channel::Mail, template, links }
}

static VERIFY_EMAIL: Spec = mail(
    "verify_email",
    "mail_email_verify",
    &[
        LinkSpec { role: LinkRole::Verification, page: "verify", action: LinkAction::Verify },
        LinkSpec { role: LinkRole::Undo, page: "undo", action: LinkAction::Reject },
    ],
);
static ALREADY_REGISTERED: Spec = mail("already_registered", "mail_already_registered", &[]);
static WELCOME: Spec = mail("welcome", "registration", &[]);
const RESET_LINK: &[LinkSpec] =
    &[LinkSpec { role: LinkRole::Reset, page: "reset_password_form", action: LinkAction::Reset }];
static RESET_PASSWORD: Spec = mail("reset_password", "mail_password_reset", RESET_LINK);
static PASSWORD_CHANGED: Spec = mail("password_changed", "mail_password_changed", &[]);
static EMAIL_CHANGE: Spec = mail(
    "email_change",
    "mail_email_change",
    &[LinkSpec { role: LinkRole::Verification, page: "verify", action: LinkAction::ChangeEmail }],
);
static EMAIL_CHANGED: Spec = mail(
    "email_changed",
    "mail_email_changed",
    &[LinkSpec { role: LinkRole::Undo, page: "undo", action: LinkAction::UndoEmail }],
);
static EMAIL_CHANGE_UNDONE: Spec = mail("email_change_undone", "mail_email_change_undone", RESET_LINK);
static PASSWORD_CHANGED_BY_USER: Spec = mail(
    "password_changed_by_user",
    "mail_password_changed_by_user",
    &[LinkSpec { role: LinkRole::Undo, page: "undo", action: LinkAction::UndoPassword }],
);
static PASSWORD_CHANGE_REQUIRED: Spec = mail("password_change_required", "mail_password_change_required", RESET_LINK);
static PHONE_CHANGED: Spec = mail("phone_changed", "mail_phone_changed", &[]);
static PHONE_REMOVED: Spec = mail("phone_removed", "mail_phone_removed", &[]);
static FACTOR_ADDED: Spec = mail(
    "factor_added",
    "mail_factor_added",
    &[LinkSpec { role: LinkRole::Undo, page: "undo", action: LinkAction::UndoFactor }],
);
static FACTOR_ADDED_FOR_GOOD: Spec = mail("factor_added_for_good", "mail_factor_added_for_good", &[]);
static FACTOR_REMOVED: Spec = mail("factor_removed", "mail_factor_removed", &[]);
static ADDITION_UNDONE: Spec = mail("addition_undone", "mail_addition_undone", RESET_LINK);
static LINK_IDENTITY: Spec = mail(
    "link_identity",
    "mail_link_identity",
    &[LinkSpec { role: LinkRole::Verification, page: "signin/link", action: LinkAction::LinkIdentity }],
);
static SIGNIN_CODE: Spec = mail(
    "signin_code",
    "mail_signin_code",
    &[LinkSpec { role: LinkRole::SignIn, page: "signin/code", action: LinkAction::SigninLink }],
);
static IDENTITY_LINKED: Spec = mail(
    "identity_linked",
    "mail_identity_linked",
    &[LinkSpec { role: LinkRole::Undo, page: "undo", action: LinkAction::UndoFactor }],
);
static IDENTITY_LINKED_FOR_GOOD: Spec = mail("identity_linked_for_good", "mail_identity_linked_for_good", &[]);
static IDENTITY_UNLINKED: Spec = mail("identity_unlinked", "mail_identity_unlinked", &[]);
static TWO_STEP_CHANGED: Spec = mail("two_step_changed", "mail_two_step_changed", &[]);
static RECOVERY_CODE_USED: Spec = mail("recovery_code_used", "mail_recovery_code_used", &[]);
static RECOVERY_CODES_RENEWED: Spec = mail("recovery_codes_renewed", "mail_recovery_codes_renewed", &[]);
static WRONG_FACTORS: Spec = mail("wrong_factors", "mail_wrong_factors", &[]);
static PASSKEY_COUNTER: Spec = mail("passkey_counter", "mail_passkey_counter", &[]);
static PASSWORD_REMOVED: Spec = mail("password_removed", "mail_password_removed", &[]);
static NEW_DEVICE: Spec = mail("new_device", "mail_new_device", &[]);
const INVITATION_LINK: &[LinkSpec] =
    &[LinkSpec { role: LinkRole::Reset, page: "reset_password_form", action: LinkAction::Invite }];
static INVITATION: Spec = mail("invitation", "mail_invitation", INVITATION_LINK);
static ADMIN_INVITATION: Spec = mail("admin_invitation", "mail_admin_invitation", INVITATION_LINK);
static IMPERSONATED: Spec = mail("impersonated", "mail_impersonated", &[]);
static ACCOUNT_DELETED: Spec = mail("account_deleted", "mail_account_deleted", &[]);
static PHONE_CODE: Spec = Spec { word: "phone_code", channel: Channel::Sms, template: "sms_code", links: &[] };
static SMS_STATUS: Spec = Spec { word: "sms_status", channel: Channel::SmsStatus, template: "", links: &[] };

impl MessageKind {
    /// All kinds of email.
    pub const MAILS: &'static [Self] = &[
        Self::VerifyEmail,
        Self::AlreadyRegistered,
        Self::Welcome,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::EmailChange,
        Self::EmailChanged,
        Self::EmailChangeUndone,
        Self::PasswordChangedByUser,
        Self::PasswordChangeRequired,
        Self::PhoneChanged,
        Self::PhoneRemoved,
        Self::FactorAdded,
        Self::FactorAddedForGood,
        Self::FactorRemoved,
        Self::AdditionUndone,
        Self::LinkIdentity,
        Self::SigninCode,
        Self::IdentityLinked,
        Self::IdentityLinkedForGood,
        Self::IdentityUnlinked,
        Self::TwoStepChanged,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesRenewed,
        Self::WrongFactors,
        Self::PasskeyCounter,
        Self::PasswordRemoved,
        Self::NewDevice,
        Self::Invitation,
        Self::AdminInvitation,
        Self::Impersonated,
        Self::AccountDeleted,
    ];
    const OTHERS: &'static [Self] = &[Self::PhoneCode, Self::SmsStatus];

    /// Returns the properties of the kind.
    #[must_use]
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::VerifyEmail => &VERIFY_EMAIL,
            Self::AlreadyRegistered => &ALREADY_REGISTERED,
            Self::Welcome => &WELCOME,
            Self::ResetPassword => &RESET_PASSWORD,
            Self::PasswordChanged => &PASSWORD_CHANGED,
            Self::EmailChange => &EMAIL_CHANGE,
            Self::EmailChanged => &EMAIL_CHANGED,
            Self::EmailChangeUndone => &EMAIL_CHANGE_UNDONE,
            Self::PasswordChangedByUser => &PASSWORD_CHANGED_BY_USER,
            Self::PasswordChangeRequired => &PASSWORD_CHANGE_REQUIRED,
            Self::PhoneChanged => &PHONE_CHANGED,
            Self::PhoneRemoved => &PHONE_REMOVED,
            Self::FactorAdded => &FACTOR_ADDED,
            Self::FactorAddedForGood => &FACTOR_ADDED_FOR_GOOD,
            Self::FactorRemoved => &FACTOR_REMOVED,
            Self::AdditionUndone => &ADDITION_UNDONE,
            Self::LinkIdentity => &LINK_IDENTITY,
            Self::SigninCode => &SIGNIN_CODE,
            Self::IdentityLinked => &IDENTITY_LINKED,
            Self::IdentityLinkedForGood => &IDENTITY_LINKED_FOR_GOOD,
            Self::IdentityUnlinked => &IDENTITY_UNLINKED,
            Self::TwoStepChanged => &TWO_STEP_CHANGED,
            Self::RecoveryCodeUsed => &RECOVERY_CODE_USED,
            Self::RecoveryCodesRenewed => &RECOVERY_CODES_RENEWED,
            Self::WrongFactors => &WRONG_FACTORS,
            Self::PasskeyCounter => &PASSKEY_COUNTER,
            Self::PasswordRemoved => &PASSWORD_REMOVED,
            Self::NewDevice => &NEW_DEVICE,
            Self::Invitation => &INVITATION,
            Self::AdminInvitation => &ADMIN_INVITATION,
            Self::Impersonated => &IMPERSONATED,
            Self::AccountDeleted => &ACCOUNT_DELETED,
            Self::PhoneCode => &PHONE_CODE,
            Self::SmsStatus => &SMS_STATUS,
        }
    }

    /// Returns the identifier for store and log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.spec().word
    }

    /// Returns the channel that delivers it.
    #[must_use]
    pub const fn channel(self) -> Channel {
        self.spec().channel
    }

    /// Parses the stored identifier.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::MAILS.iter().chain(Self::OTHERS).copied().find(|kind| kind.as_str() == word)
    }
}
