//! Names and flags of `portcullis clients`.

use super::grammar::{Spec, spec};

/// Flags with the fields of a client.
const FIELDS: &[&str] = &[
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
    "jwks-file",
];

pub(super) const CLIENTS: &[Spec] = &[
    spec("list", "List the clients of a realm", &[], &["realm", "limit", "cursor"], &[]),
    spec("show", "Show a client", &["CLIENT"], &["realm"], &[]),
    spec(
        "add",
        "Add a client and print the secret of a confidential client once",
        &["CLIENT"],
        FIELDS,
        &["first-party", "no-pkce"],
    ),
    spec(
        "edit",
        "Change a client; a given list replaces the whole list",
        &["CLIENT"],
        FIELDS,
        &["first-party", "third-party", "pkce", "no-pkce"],
    ),
    spec(
        "rotate",
        "Generate a new secret; the previous one remains valid until the next rotation",
        &["CLIENT"],
        &["realm"],
        &["now"],
    ),
    spec("remove", "Remove a client and invalidate its tokens", &["CLIENT"], &["realm"], &["yes"]),
];

/// Returns the help text of a client flag.
pub(super) fn client_flag_help(flag: &str) -> &'static str {
    match flag {
        "name" => "Display name [default: the id]",
        "type" => "`confidential` or `public` [default: confidential]",
        "redirect-uri" => "URI that users are redirected to after sign-in. May be repeated",
        "post-logout-redirect-uri" => "URI that users are redirected to after sign-out. May be repeated",
        "grant" => "`authorization_code` or `refresh_token`. May be repeated [default: authorization_code]",
        "scope" => "Scope that it may request. May be repeated [default: openid, profile and email]",
        "auth" => "`client_secret_basic`, `client_secret_post`, `private_key_jwt` or `none`",
        "jwks-file" => "File with its public keys, as a JWK set, for `private_key_jwt`",
        "id-token-alg" => "`RS256`, `ES256` or `EdDSA` [default: ID_TOKEN_ALGORITHM]",
        "acr" => "Minimum assurance of its users: `urn:portcullis:aal1`, `urn:portcullis:aal2` or `phr`",
        "first-party" => "Your own application; users are not asked for consent",
        "third-party" => "A third-party application; users are asked for consent",
        "pkce" => "Require PKCE",
        "no-pkce" => "Do not require PKCE; only for confidential clients",
        _ => "Invalidate the previous secrets immediately",
    }
}
