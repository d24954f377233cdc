use axum::Json;
use portcullis_core::{
    error::catalogue::NO_TOKEN,
    service::{LiveToken, TokenKind},
    token::{Actor, Audience},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::TokenForm;
use crate::http::{
    extract::{ClientHeader, Fields, RealmRequest, TokenBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Properties of a token. If the token is not active, the response only contains `active`.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub(crate) struct Introspection {
    /// Whether the token is active: issued by this realm, not expired, and its session has not ended.
    #[schema(example = true)]
    active: bool,
    /// `bearer` for an access token, `refresh_token` for a refresh token. Accept only `bearer` in a request to your
    /// service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "bearer")]
    token_type: Option<&'static str>,
    /// Issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// Identifier of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    sub: Option<String>,
    /// Identifier of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    sid: Option<String>,
    /// Client that the token was made for, if it is one of a client of OpenID Connect. Refuse tokens of clients that
    /// are not your own: they are live, too, and name the same user.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// Scopes of the client, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Audience of an access token: a string or a list of strings, if `JWT_AUDIENCE` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    aud: Option<Audience>,
    /// Expiry, in seconds since 1970 like all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_227_400)]
    exp: Option<i64>,
    /// Time of issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_225_600)]
    iat: Option<i64>,
    /// Time of the last authentication in the session. It may be later than the time in the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_225_600)]
    auth_time: Option<i64>,
    /// Authentication context class of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:portcullis:aal1")]
    acr: Option<&'static str>,
    /// Methods of the last authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["pwd"]))]
    amr: Option<Vec<&'static str>>,
    /// Administrator who impersonates the user (RFC 8693).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    act: Option<Actor>,
    /// Current roles of the user, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["editor"]))]
    roles: Vec<String>,
}

impl From<LiveToken> for Introspection {
    fn from(token: LiveToken) -> Self {
        Self {
            active: true,
            token_type: Some(match token.kind {
                TokenKind::Access => "bearer",
                TokenKind::Refresh => "refresh_token",
            }),
            iss: Some(token.issuer),
            sub: Some(token.user.as_str().to_owned()),
            sid: Some(token.session.as_str().to_owned()),
            client_id: token.grant.as_ref().map(|(client, _)| client.as_str().to_owned()),
            scope: token.grant.as_ref().map(|(_, scopes)| scopes.to_text()),
            aud: token.audience,
            exp: Some(token.expires_at.secs()),
            iat: token.issued_at.map(|at| at.secs()),
            auth_time: Some(token.auth_time.secs()),
            acr: Some(token.acr),
            amr: Some(token.amr.iter().map(|amr| amr.as_str()).collect()),
            act: token.actor,
            roles: token.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        }
    }
}

refusals!(IntrospectRefusals: OAuth [&[CLIENT_INVALID, CLIENT_AUTH_FAILED, LIMITED, NO_TOKEN, WRONG_TYPE, WRONG_ENCODING, UNREADABLE, NOT_AN_OBJECT, REPEATED, INTERNAL, UNAVAILABLE], TOKEN_BODY], Problem [&[NOT_FOUND, TIMEOUT]]);

/// Introspect a token
///
/// For services that must detect a logout immediately (RFC 7662). The service authenticates with HTTP Basic and
/// credentials from `API_CLIENTS`. A confidential OpenID Connect client can only introspect its own tokens. The
/// response describes the current state of the session. It is `{"active":false}` for every token that is not active.
/// The body may also be JSON.
#[utoipa::path(
    post, path = "/v1/{realm}/introspect", tag = "Accounts", security(("service" = [])),
    params(RealmPath),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "State of the token", body = Introspection, examples(
            ("live" = (summary = "A live access token", value = json!({
                "active": true, "token_type": "bearer", "iss": "http://localhost:8000/User1",
                "sub": "1k0v6sq7t2m8g4c9e5r3n1h0ja", "sid": "qgfhl13dmdmn04qh7oqttabfms",
                "exp": 1_767_227_400, "iat": 1_767_225_600, "auth_time": 1_767_225_600,
                "acr": "urn:portcullis:aal1", "amr": ["pwd"],
            }))),
            ("not_live" = (summary = "Any other token", value = json!({"active": false}))),
        )),
        IntrospectRefusals,
    )
)]
pub(crate) async fn introspect(
    request: RealmRequest,
    header: ClientHeader,
    form: TokenBody,
) -> Result<Json<Introspection>, ApiError> {
    let answered = async {
        let (mut form, unread) = match form.0 {
            Ok(form) => (form, None),
            Err(error) => (Fields::default(), Some(error)),
        };
        let presented = header.presented(&mut form);
        let asker = request.oauth().authenticate_introspector(&presented).await?;
        if let Some(error) = unread {
            return Err(error);
        }
        let token = form.take("token");
        request.oauth().introspect(&asker, token.text().ok_or(NO_TOKEN)?).await
    };
    let found = answered.await.map_err(ApiError::for_token_endpoint)?;
    Ok(Json(found.map(Introspection::from).unwrap_or_default()))
}
