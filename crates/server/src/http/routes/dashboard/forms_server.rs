//! Forms for realms, administrators and API keys.

use super::{
    can::Need,
    form::{Fixed, Form, Input, Kind, More, Verb},
};

const EMAIL: Input = Input::new("email", "Email address", "", Kind::Email);
const FIRST: Input = Input::new("first_name", "First name (optional)", "", Kind::Text);
const LAST: Input = Input::new("last_name", "Last name (optional)", "", Kind::Text);
const ROLES: Input = Input::new("roles", "Roles in your application (optional)", "Separate with spaces", Kind::Words);
const GRANTS: Input = Input::new(
    "grants",
    "Grants",
    "The administrator's roles. An owner of all realms can manage administrators.",
    Kind::Grants,
);

/// Defines a form that creates something.
pub(super) const fn create(
    name: &'static str,
    need: Need,
    title: &'static str,
    lead: &'static str,
    done: &'static str,
) -> Form {
    let method = Verb::Post;
    let (inputs, always): (&[Input], &[(&str, Fixed)]) = (&[], &[]);
    Form { name, need, method, call: "", title, lead, button: title, inputs, always, more: More::NONE, done }
}

/// Forms for a realm.
pub(super) static REALM_FORMS: &[Form] = &[
    Form {
        call: "/users",
        inputs: &[EMAIL, FIRST, LAST, ROLES],
        button: "Send invitation",
        more: More { opens: true, ..More::NONE },
        ..create(
            "invite",
            Need::Manage,
            "Invite a user",
            "They get an email with a link. The account is created when they choose a password.",
            "invited",
        )
    },
    Form {
        call: "/users",
        inputs: &[
            EMAIL,
            FIRST,
            LAST,
            Input::new("phone", "Phone (optional)", "With country code, like +1 202 555 0143", Kind::Phone),
            ROLES,
        ],
        always: &[("email_verified", Fixed::Yes), ("send", Fixed::Word("nothing"))],
        button: "Create user",
        more: More { opens: true, ..More::NONE },
        ..create(
            "new-user",
            Need::Manage,
            "New user",
            "The account is created immediately, with a verified address and without a password. No email is sent.",
            "created",
        )
    },
    Form {
        call: "/sessions/end",
        inputs: &[Input::new(
            "reason",
            "Reason",
            "10 to 500 characters. It's stored encrypted in the audit trail.",
            Kind::Reason,
        )],
        more: More { is_danger: true, ..More::NONE },
        ..create(
            "end-sessions",
            Need::Manage,
            "End all sessions of the realm",
            "Every user of this realm is signed out everywhere.",
            "all_ended",
        )
    },
];

/// Form that invites an administrator. It has no subject.
pub(super) static NEW_ADMIN: Form = Form {
    inputs: &[EMAIL, GRANTS],
    button: "Send invitation",
    ..create(
        "new",
        Need::Administer,
        "Invite an administrator",
        "They get an email with a link, valid for 24 hours, to choose a password.",
        "invited",
    )
};

/// Forms for an administrator.
pub(super) static ADMIN_FORMS: &[Form] = &[
    Form {
        method: Verb::Put,
        call: "/grants",
        inputs: &[GRANTS],
        button: "Save",
        more: More { has_revision: true, ..More::NONE },
        ..create(
            "grants",
            Need::Administer,
            "Change grants",
            "Changes apply from the next request. The last owner can't be removed.",
            "granted",
        )
    },
    Form {
        call: "/invite",
        more: More { statuses: &["invited"], ..More::NONE },
        ..create(
            "invite",
            Need::Administer,
            "Invite again",
            "A new link is sent. The previous one stops working.",
            "invited",
        )
    },
    Form {
        call: "/reset",
        more: More { statuses: &["active"], ..More::NONE },
        ..create(
            "reset",
            Need::Administer,
            "Send password reset",
            "The administrator gets an email with a link to choose a new password.",
            "reset",
        )
    },
    Form {
        method: Verb::Delete,
        more: More { is_danger: true, removes: true, in_zone: true, ..More::NONE },
        ..create(
            "remove",
            Need::Administer,
            "Remove administrator",
            "The account is erased, or the invitation withdrawn. The next request is rejected.",
            "admin_removed",
        )
    },
];

/// Actions that an API key may perform without recent authentication.
const ALLOW: &[(&str, &str)] = &[
    ("erase", "Erase users"),
    ("impersonate", "Sign in as users"),
    ("remove_factor", "Remove second factors"),
    ("end_realm_sessions", "End all sessions of a realm"),
    ("rotate_keys", "Rotate keys"),
    ("deliver_reset", "Get reset links"),
    ("change_contact", "Change email or phone"),
];

pub(super) static NEW_KEY: Form = Form {
    inputs: &[
        Input::new("name", "Name", "The program that uses it", Kind::Text),
        GRANTS,
        Input::new(
            "allow",
            "Actions allowed without a recent sign-in (optional)",
            "All other sensitive actions are rejected",
            Kind::Several(ALLOW),
        ),
        Input::new(
            "networks",
            "Networks (optional)",
            "Like 10.0.0.0/8, separated by spaces. Default: all",
            Kind::Words,
        ),
        Input::new("expires_at", "Expires (optional, UTC)", "Default: 90 days; maximum: one year", Kind::Time),
    ],
    button: "Create key",
    more: More { once: Some(("key", "Key")), ..More::NONE },
    ..create("new", Need::Administer, "New key", "A program sends it with each request. It's shown only once.", "")
};

/// Forms for an API key.
pub(super) static KEY_FORMS: &[Form] = &[Form {
    method: Verb::Delete,
    more: More { is_danger: true, removes: true, ..More::NONE },
    ..create(
        "revoke",
        Need::Administer,
        "Revoke key",
        "Requests with this key are rejected. It can't be undone.",
        "key_revoked",
    )
}];

pub(super) static ROTATE: Form = Form {
    button: "Create key",
    ..create(
        "rotate",
        Need::Administer,
        "New signing key",
        "It's published immediately and signs access tokens an hour later, when all applications have fetched it. The current key signs until then.",
        "rotated",
    )
};

pub(super) static ROTATE_AUDIT: Form = Form {
    button: "Create key",
    ..create(
        "rotate-audit",
        Need::Administer,
        "New audit key",
        "It signs the audit trail from the next block. The current key signs its announcement, and all earlier keys are kept to verify earlier blocks.",
        "audit_rotated",
    )
};

pub(super) static RETIRE: Form = Form {
    method: Verb::Delete,
    inputs: &[Input::new(
        "force",
        "Remove it even if its tokens may still be valid",
        "Applications must get new access tokens. Use this if the key was compromised.",
        Kind::Switch,
    )],
    more: More { is_danger: true, removes: true, ..More::NONE },
    ..create(
        "retire",
        Need::Administer,
        "Remove signing key",
        "All servers reject its access tokens within a minute. It can't be undone.",
        "retired",
    )
};
