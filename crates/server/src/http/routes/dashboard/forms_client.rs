//! Forms for clients.

use super::{
    can::Need,
    form::{Form, Input, Kind, More, Verb},
    forms_server::create,
};

/// Name of the form that generates a secret. Only clients that authenticate with one have it.
pub(super) const ROTATE_SECRET: &str = "rotate";

const TYPES: &[(&str, &str)] = &[
    ("confidential", "Confidential: it has a server that keeps a secret"),
    ("public", "Public: a single-page, mobile or desktop application"),
];
const METHODS: &[(&str, &str)] = &[
    ("", "The default for its type"),
    ("client_secret_basic", "Secret in a header (client_secret_basic)"),
    ("client_secret_post", "Secret in the form (client_secret_post)"),
    ("private_key_jwt", "Its own key (private_key_jwt)"),
    ("none", "Nothing, because it is public (none)"),
];
const GRANTS: &[(&str, &str)] = &[("refresh_token", "Refresh tokens")];
const ALGORITHMS: &[(&str, &str)] =
    &[("", "ID_TOKEN_ALGORITHM of the server"), ("RS256", "RS256"), ("ES256", "ES256"), ("EdDSA", "EdDSA")];
const ASSURANCES: &[(&str, &str)] = &[
    ("", "Any"),
    ("urn:portcullis:aal1", "One factor"),
    ("urn:portcullis:aal2", "Two factors"),
    ("phr", "A passkey, which can't be phished"),
];

const WHAT: Input = Input::new("", "Application", "", Kind::Group);
const ID: Input =
    Input::new("id", "Client ID", "Letters, digits, dots, hyphens. It can't be changed later", Kind::Text);
const NAME: Input = Input::new("name", "Name (optional)", "Shown to users. Defaults to the client ID", Kind::Clearable);
const TYPE: Input = Input::new("type", "Type", "", Kind::Choice(TYPES));
const FIRST_PARTY: Input = Input::new(
    "first_party",
    "First-party application",
    "Users aren't asked whether it may use their account",
    Kind::Switch,
);
const WHERE: Input = Input::new("", "Redirect URIs", "", Kind::Group);
const REDIRECT_URIS: Input = Input::new(
    "redirect_uris",
    "Redirect URIs after sign-in",
    "One per line, like https://shop.example.com/callback",
    Kind::Lines,
);
const POST_LOGOUT: Input =
    Input::new("post_logout_redirect_uris", "Redirect URIs after sign-out (optional)", "One per line", Kind::Lines);
const MAY: Input = Input::new("", "Permissions", "", Kind::Group);
const SCOPES: Input = Input::new(
    "scopes",
    "Scopes",
    "Separate with spaces: openid, profile, email, phone, offline_access, and those in SCOPES",
    Kind::Words,
);
const GRANT: Input = Input::new("grants", "Additional grants", "", Kind::Several(GRANTS));
const ACR: Input = Input::new("acr", "Minimum sign-in level", "", Kind::Choice(ASSURANCES));
const PROOF: Input = Input::new("", "Authentication", "", Kind::Group);
const AUTH: Input = Input::new("auth", "Authenticates with", "", Kind::Choice(METHODS));
const JWKS: Input =
    Input::new("jwks", "Public keys (optional)", "A JWK set, only for private_key_jwt", Kind::ClearableJson);
const PKCE: Input = Input::new("pkce", "Require PKCE", "Optional only for confidential clients", Kind::Switch);
const ALGORITHM: Input = Input::new("id_token_alg", "Token signing algorithm", "", Kind::Choice(ALGORITHMS));

/// Returns these inputs, followed by those that can also be changed later.
macro_rules! inputs {
    ($($first:expr),+) => {
        &[
            $($first,)+ NAME, TYPE, FIRST_PARTY, WHERE, REDIRECT_URIS, POST_LOGOUT, MAY, SCOPES, GRANT, ACR, PROOF, AUTH, JWKS,
            PKCE, ALGORITHM,
        ]
    };
}

/// Form that adds a client.
pub(super) static NEW_CLIENT: Form = Form {
    inputs: inputs!(WHAT, ID),
    button: "Add client",
    more: More { once: Some(("client_secret", "Client secret")), opens: true, ..More::NONE },
    ..create(
        "new-client",
        Need::Manage,
        "New client",
        "An application that signs users in through this server with OpenID Connect. If it has a secret, you see it once.",
        "client_added",
    )
};

/// Forms for a client.
pub(super) static CLIENT_FORMS: &[Form] = &[
    Form {
        method: Verb::Patch,
        inputs: inputs!(WHAT),
        button: "Save",
        more: More { has_revision: true, ..More::NONE },
        ..create(
            "edit",
            Need::Manage,
            "Edit client",
            "Changes apply immediately, including to existing sessions of the client.",
            "client_saved",
        )
    },
    Form {
        call: "/rotate",
        inputs: &[Input::new(
            "now",
            "Invalidate previous secrets immediately",
            "For a secret that was leaked. Otherwise the previous one remains valid until the next rotation.",
            Kind::Switch,
        )],
        button: "Generate secret",
        more: More { has_revision: true, once: Some(("client_secret", "Client secret")), ..More::NONE },
        ..create(ROTATE_SECRET, Need::Manage, "New secret", "You see it once. Give it to the application.", "")
    },
    Form {
        method: Verb::Delete,
        more: More { is_danger: true, has_revision: true, removes: true, in_zone: true, ..More::NONE },
        ..create(
            "remove",
            Need::Manage,
            "Remove client",
            "Users can no longer sign in to it, and its tokens are rejected. This can't be undone.",
            "client_removed",
        )
    },
];
