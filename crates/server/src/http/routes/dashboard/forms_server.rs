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
    "What this administrator may do, and where. Owner of all realms manages administrators.",
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
            "They get an email with a link to choose a password. The account exists once they did.",
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
            "The account exists at once, with a verified address and without a password. No email is sent.",
            "created",
        )
    },
    Form {
        call: "/sessions/end",
        inputs: &[Input::new(
            "reason",
            "Reason",
            "10 to 500 characters. It's kept, encrypted, in the audit trail.",
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
            "They count from the next request. The last owner stays one.",
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
            "A new link is sent; the older one stops working.",
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
            "The account is erased, or the invitation withdrawn. The next request is refused.",
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
        Input::new("name", "Name", "Which program uses it", Kind::Text),
        GRANTS,
        Input::new(
            "allow",
            "What it may do without a person (optional)",
            "These need a recent sign-in otherwise",
            Kind::Several(ALLOW),
        ),
        Input::new("networks", "Networks (optional)", "Like 10.0.0.0/8, separated by spaces. Empty: all", Kind::Words),
        Input::new("expires_at", "Ends (optional, UTC)", "Empty: in 90 days. At most a year from now", Kind::Time),
    ],
    button: "Make key",
    more: More { once: Some(("key", "Key")), ..More::NONE },
    ..create("new", Need::Administer, "New key", "A program sends it with each request. You see it once.", "")
};

/// Forms for an API key.
pub(super) static KEY_FORMS: &[Form] = &[Form {
    method: Verb::Delete,
    more: More { is_danger: true, removes: true, ..More::NONE },
    ..create(
        "revoke",
        Need::Administer,
        "Revoke key",
        "Its next request is refused. It can't be undone.",
        "key_revoked",
    )
}];

pub(super) static ROTATE: Form = Form {
    button: "Make key",
    ..create(
        "rotate",
        Need::Administer,
        "New signing key",
        "It's published at once and signs access tokens an hour later, when every application has seen it. The present key goes on until then.",
        "rotated",
    )
};

pub(super) static RETIRE: Form = Form {
    method: Verb::Delete,
    inputs: &[Input::new(
        "force",
        "Remove it even if its tokens may be valid",
        "Everyone who signed in with it must get a new access token. For a key that was copied.",
        Kind::Switch,
    )],
    more: More { is_danger: true, removes: true, ..More::NONE },
    ..create(
        "retire",
        Need::Administer,
        "Remove signing key",
        "Access tokens that it has signed are refused by every server within a minute. It can't be undone.",
        "retired",
    )
};
