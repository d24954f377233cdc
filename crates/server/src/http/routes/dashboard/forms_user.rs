//! Forms for a user.

use super::{
    can::Need,
    form::{Fixed, Form, Input, Kind, More, Verb},
};

const REASON: Input = Input {
    name: "reason",
    label: "Reason",
    hint: "10 to 500 characters. It's stored encrypted in the audit trail.",
    kind: Kind::Reason,
};

const USERS: &[&str] = &["active", "locked"];

/// Defines a form without fields.
const fn plain(name: &'static str, need: Need, title: &'static str, lead: &'static str, done: &'static str) -> Form {
    let method = Verb::Post;
    let (inputs, always): (&[Input], &[(&str, Fixed)]) = (&[], &[]);
    Form { name, need, method, call: "", title, lead, button: title, inputs, always, more: More::NONE, done }
}

/// All forms for a user. The page offers those that match the administrator's role and the user's status.
pub(super) static FORMS: &[Form] = &[
    Form {
        call: "/reset",
        more: More { statuses: USERS, ..More::NONE },
        ..plain(
            "reset",
            Need::Assist,
            "Send password reset",
            "The user gets an email with a link to choose a new password.",
            "reset",
        )
    },
    Form {
        method: Verb::Delete,
        call: "/sessions",
        more: More { statuses: USERS, ..More::NONE },
        ..plain(
            "end-sessions",
            Need::Assist,
            "End all sessions",
            "The user is signed out everywhere, and trusted devices are removed.",
            "all_ended",
        )
    },
    Form {
        call: "/resend",
        more: More { statuses: &["unverified"], ..More::NONE },
        ..plain(
            "resend",
            Need::Assist,
            "Send verification email",
            "The link to verify the address is sent again.",
            "resent",
        )
    },
    Form {
        call: "/invite",
        more: More { statuses: &["invited"], ..More::NONE },
        ..plain(
            "invite",
            Need::Manage,
            "Invite again",
            "A new link is sent. The previous one stops working.",
            "invited",
        )
    },
    Form {
        call: "/unthrottle",
        more: More { statuses: USERS, ..More::NONE },
        ..plain(
            "unthrottle",
            Need::Assist,
            "Clear failed attempts",
            "The counts of wrong passwords and codes are reset, so the user doesn't have to wait.",
            "unthrottled",
        )
    },
    Form {
        method: Verb::Patch,
        inputs: &[
            Input::new("first_name", "First name (optional)", "", Kind::Clearable),
            Input::new("last_name", "Last name (optional)", "", Kind::Clearable),
            Input::new("country_code", "Country code (optional)", "Two letters, like US", Kind::Clearable),
            Input::new("locale", "Language (optional)", "A language tag, like en-GB", Kind::Clearable),
            Input::new("roles", "Roles in your application (optional)", "Separate with spaces", Kind::Words),
            Input::new("attributes", "Attributes", "A JSON object for your application", Kind::Json),
        ],
        more: More { has_revision: true, statuses: &["active", "locked", "invited"], ..More::NONE },
        button: "Save",
        ..plain("edit", Need::Manage, "Edit details", "Your application sees the change at the next request.", "edited")
    },
    Form {
        method: Verb::Patch,
        inputs: &[
            Input::new(
                "email",
                "New email address (optional)",
                "Takes effect immediately and is marked as verified",
                Kind::Email,
            ),
            Input::new("phone", "New phone number (optional)", "With country code, like +1 202 555 0143", Kind::Phone),
            REASON,
        ],
        more: More { has_revision: true, statuses: USERS, ..More::NONE },
        button: "Save",
        ..plain(
            "contact",
            Need::Own,
            "Change email or phone",
            "All sessions end, and the old email address is notified, with a link that undoes the change.",
            "contact",
        )
    },
    Form {
        inputs: &[REASON],
        always: &[("deliver", Fixed::Word("answer"))],
        call: "/reset",
        more: More { statuses: USERS, once: Some(("reset_url", "Password reset link")), ..More::NONE },
        ..plain(
            "reset-link",
            Need::Own,
            "Get a reset link",
            "No email is sent. The link is shown only once. Give it to the user.",
            "",
        )
    },
    Form {
        inputs: &[REASON],
        call: "/unlock",
        more: More { has_revision: true, statuses: &["locked"], ..More::NONE },
        ..plain("unlock", Need::Assist, "Unlock", "The user can sign in again.", "unlocked")
    },
    Form {
        inputs: &[REASON],
        always: &[("email", Fixed::Yes)],
        call: "/verified",
        more: More { has_revision: true, statuses: &["unverified"], ..More::NONE },
        ..plain(
            "verified",
            Need::Manage,
            "Mark email as verified",
            "The registration becomes a user, as if the link had been opened.",
            "verified",
        )
    },
    Form {
        inputs: &[REASON, Input::new("minutes", "Minutes (optional)", "Default: 10; maximum: 60", Kind::Number)],
        call: "/impersonate",
        more: More {
            statuses: USERS,
            in_zone: true,
            once: Some(("access_token", "Access token for the user")),
            ..More::NONE
        },
        ..plain(
            "impersonate",
            Need::Impersonate,
            "Sign in as the user",
            "You see what the user sees, but can't change anything. The user is notified by email.",
            "",
        )
    },
    Form {
        inputs: &[REASON],
        call: "/compromised",
        more: More { has_revision: true, statuses: USERS, in_zone: true, ..More::NONE },
        ..plain(
            "compromised",
            Need::Assist,
            "Mark password as compromised",
            "All sessions end. The user must choose a new password and gets an email with a link.",
            "compromised",
        )
    },
    Form {
        inputs: &[REASON, Input::new("until", "Until (optional, UTC)", "Default: until you unlock it", Kind::Time)],
        call: "/lock",
        more: More { has_revision: true, statuses: &["active"], in_zone: true, ..More::NONE },
        ..plain(
            "lock",
            Need::Manage,
            "Lock account",
            "All sessions end, and the user can't sign in until the lock ends.",
            "locked",
        )
    },
    Form {
        method: Verb::Delete,
        inputs: &[REASON, Input::new("notify", "Notify the user by email", "", Kind::Switch)],
        more: More { is_danger: true, has_revision: true, removes: true, in_zone: true, ..More::NONE },
        ..plain(
            "erase",
            Need::Manage,
            "Erase account",
            "The user's account and data are deleted immediately. It can't be undone.",
            "erased",
        )
    },
];

/// Forms for an item of a user, such as a session. The path contains the item.
pub(super) static ITEM_FORMS: &[Form] = &[
    Form {
        method: Verb::Delete,
        call: "/sessions/{item}",
        ..plain("end-session", Need::Assist, "End session", "This device is signed out within a second.", "ended")
    },
    Form {
        method: Verb::Delete,
        inputs: &[REASON],
        call: "/factors/{item}",
        more: More { is_danger: true, ..More::NONE },
        ..plain(
            "remove-factor",
            Need::Manage,
            "Remove second factor",
            "Without a second factor, two-step verification is off. The user is notified by email.",
            "factor_removed",
        )
    },
];
