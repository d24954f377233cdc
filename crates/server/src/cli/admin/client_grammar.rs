//! Names and flags of `portcullis clients`.

use super::grammar::{Spec, spec};

pub(super) const CLIENTS: &[Spec] = &[
    spec("list", "List the clients of a realm", &[], &["realm"], &[]),
    spec("show", "Show a client", &["CLIENT"], &["realm"], &[]),
    spec(
        "add",
        "Add a client; the secret of a confidential one is printed once",
        &["CLIENT"],
        &[
            "realm",
            "name",
            "type",
            "redirect-uri",
            "post-logout-redirect-uri",
            "grant",
            "scope",
            "auth",
            "id-token-alg",
            "acr",
        ],
        &["first-party", "no-pkce"],
    ),
    spec(
        "edit",
        "Change a client; a list that is given replaces the whole list",
        &["CLIENT"],
        &[
            "realm",
            "name",
            "type",
            "redirect-uri",
            "post-logout-redirect-uri",
            "grant",
            "scope",
            "auth",
            "id-token-alg",
            "acr",
        ],
        &["first-party", "third-party", "pkce", "no-pkce"],
    ),
    spec(
        "rotate",
        "Make another secret; the one before stays valid until the next time",
        &["CLIENT"],
        &["realm"],
        &["now"],
    ),
    spec("remove", "Remove a client and refuse its tokens", &["CLIENT"], &["realm"], &["yes"]),
];

/// Returns the help of a flag of clients.
pub(super) fn client_flag_help(flag: &str) -> &'static str {
    match flag {
        "name" => "Name that users see [default: the id]",
        "type" => "`confidential` or `public` [default: confidential]",
        "redirect-uri" => "URI that users come back to. May be repeated",
        "post-logout-redirect-uri" => "URI that users come back to after they signed out. May be repeated",
        "grant" => "`authorization_code` or `refresh_token`. May be repeated [default: authorization_code]",
        "scope" => "Scope that it may ask for. May be repeated [default: openid, profile and email]",
        "auth" => "`client_secret_basic`, `client_secret_post` or `none`",
        "id-token-alg" => "`RS256`, `ES256` or `EdDSA` [default: ID_TOKEN_ALGORITHM]",
        "acr" => "Lowest assurance of its users: `urn:portcullis:aal1`, `urn:portcullis:aal2` or `phr`",
        "first-party" => "It is your own application: users are not asked for consent",
        "third-party" => "It is the application of someone else: users are asked for consent",
        "pkce" => "It must use PKCE",
        "no-pkce" => "It need not use PKCE; for confidential clients only",
        _ => "End the secrets before at once",
    }
}
