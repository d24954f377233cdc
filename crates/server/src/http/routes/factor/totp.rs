use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error, ExposeSecret,
    error::catalogue::TOKEN_MISSING,
    factor::NewRecoveryCodes,
    service::{AddedSms, Confirmed, EnrolmentOffer, RawField},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::enrols::enrols;
use crate::http::{
    answers::{FactorAnswer, TokenAnswer},
    extract::{DeviceCookie, JsonBody, MaybeAuthenticated},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    qr,
    state::AppState,
};

/// A request to add an authenticator app.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewTotp {
    /// Name of 1 to 64 characters. The default is `Authenticator app`.
    #[schema(example = "Phone")]
    name: Option<String>,
    /// Current password. Required if the login is not recent and two-step verification is off.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    /// Ticket of the challenge `enroll`, instead of the access token.
    mfa_token: Option<String>,
}

/// A secret that becomes a factor when one of its codes is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpOffer {
    /// Identifier of the enrolment, for `me/mfa/totp/confirm`.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    enrolment: String,
    /// Secret in base32, for apps that cannot scan a QR code.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    #[schema(
        example = "otpauth://totp/Portcullis:john.doe%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Portcullis"
    )]
    uri: String,
    /// QR code of the URI, as SVG.
    #[schema(example = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>")]
    qr: String,
    /// Lifetime in seconds.
    #[schema(example = 600)]
    expires_in: u64,
}

impl TotpOffer {
    fn of(offer: &EnrolmentOffer) -> Result<Self, Error> {
        Ok(Self {
            enrolment: offer.enrolment.expose().to_owned(),
            secret: offer.secret.base32().to_string(),
            qr: qr::svg(offer.uri.expose_secret())?,
            uri: offer.uri.expose_secret().to_owned(),
            expires_in: offer.expires_in.as_secs(),
        })
    }
}

refusals!(TotpRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG, MFA_INVALID, MFA_TOO_MANY], Fields(&[field("name", FACTOR_NAME_INVALID)])]);

/// Start adding an authenticator app
///
/// Returns a new secret as text, URI and QR code. It is stored when one of its codes is confirmed, and replaces no
/// other factor. Requires a recent login, with two factors if two-step verification is on, or the ticket of the
/// challenge `enroll`.
#[utoipa::path(
    post, path = "/v1/{realm}/me/mfa/totp", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body = NewTotp,
    responses((status = 200, description = "The secret", body = TotpOffer), TotpRefusals)
)]
pub(crate) async fn begin(
    authenticated: MaybeAuthenticated,
    body: Result<JsonBody, Response>,
) -> Result<Json<TotpOffer>, Response> {
    let MaybeAuthenticated { request, owner } = authenticated;
    let JsonBody(mut fields) = match body {
        // A request without a body has no ticket either.
        Err(_) if owner.is_none() => return Err(ApiError::from(TOKEN_MISSING).into_response()),
        body => body?,
    };
    let (name, current, ticket) = (fields.take("name"), fields.take("current_password"), fields.take("mfa_token"));
    let work = async {
        let enrols = enrols(owner.as_ref(), &current, &ticket, &[])?;
        fields.refuse_unknown()?;
        let offer = request.second_factors().begin_totp(enrols, &name).await?;
        Ok::<_, ApiError>(Json(TotpOffer::of(&offer)?))
    };
    work.await.map_err(IntoResponse::into_response)
}

/// The first code of an authenticator app.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct TotpConfirmation {
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    enrolment: String,
    #[schema(example = "123456")]
    code: String,
    /// Ticket used to start the enrolment, instead of the access token.
    mfa_token: Option<String>,
    /// `device` of an earlier response, for clients that use a ticket and have no cookies.
    device: Option<String>,
}

/// The factor that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedAnswer {
    #[serde(flatten)]
    factor: FactorAnswer,
    /// Ten recovery codes, each of which replaces a factor once. Returned only once, with the first factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// Tokens of the session created with the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<TokenAnswer>,
}

impl From<AddedSms> for AddedAnswer {
    fn from(AddedSms { factor, recovery_codes }: AddedSms) -> Self {
        Self { factor: factor.into(), recovery_codes: recovery_codes.map(texts), tokens: None }
    }
}

fn texts(codes: NewRecoveryCodes) -> Vec<String> {
    codes.expose().map(str::to_owned).collect()
}

refusals!(ConfirmRefusals: Problem [REALM, OWNER, JSON, &[LIMITED, MFA_INVALID, MFA_TOO_MANY], Fields(&[field("enrolment", FIELD_MISSING), field("code", FIELD_MISSING)])]);

/// Confirm an authenticator app
///
/// Accepts the first code of the app, with at most 5 attempts. The first factor turns on two-step verification,
/// creates recovery codes and ends all other sessions. The email to the caller contains a link that undoes the
/// addition.
#[utoipa::path(
    post, path = "/v1/{realm}/me/mfa/totp/confirm", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    request_body = TotpConfirmation,
    responses(
        (status = 201, description = "Added", body = AddedAnswer, example = json!({
            "id": "qgfhl13dmdmn04qh7oqttabfms", "type": "totp", "name": "Phone", "created_at": "2026-01-01T10:00:00Z",
            "last_used_at": null, "recovery_codes": ["4kq7m-x2v9r-0b3nd", "9c0tz-6hw1e-s8pfa"],
        })),
        ConfirmRefusals,
    )
)]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    authenticated: MaybeAuthenticated,
    cookie: DeviceCookie,
    body: Result<JsonBody, Response>,
) -> Result<Response, Response> {
    let MaybeAuthenticated { request, owner } = authenticated;
    let JsonBody(mut fields) = match body {
        // A request without a body has no ticket either.
        Err(_) if owner.is_none() => return Err(ApiError::from(TOKEN_MISSING).into_response()),
        body => body?,
    };
    let (enrolment, code, ticket) = (fields.take("enrolment"), fields.take("code"), fields.take("mfa_token"));
    let devices = [cookie.value(), fields.take("device")];
    let work = async {
        let enrols = enrols(owner.as_ref(), &RawField::Missing, &ticket, &devices)?;
        fields.refuse_unknown()?;
        Ok::<_, ApiError>(request.second_factors().confirm_totp(enrols, &enrolment, &code).await?)
    };
    let Confirmed { factor, recovery_codes, logged_in, .. } = work.await.map_err(IntoResponse::into_response)?;
    let recovery_codes = recovery_codes.map(texts);
    let device = logged_in.as_ref().map(|done| done.device.clone());
    let answer = AddedAnswer { factor: factor.into(), recovery_codes, tokens: logged_in.map(TokenAnswer::of) };
    let answer = (StatusCode::CREATED, Json(answer)).into_response();
    Ok(match device {
        Some(device) => cookie.set(answer, &state, &device),
        None => answer,
    })
}
