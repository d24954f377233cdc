use axum::{Json, http::StatusCode};
use portcullis_core::ExposeSecret;
use portcullis_core::service::{Confirmed, EnrolmentOffer, Enrols, RawField, SecondFactor, StepUp, Stepped};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::FactorAnswer,
    extract::{AdminSelf, JsonBody},
    openapi::refusals,
    problem::{ApiError, challenged},
    routes::Message,
};

/// The authenticated administrator.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminMe {
    /// Null for an API key.
    #[schema(example = "b7k0v6sq7t2m8g4c9e5r3n1h0ja", required)]
    id: Option<String>,
    #[schema(example = "ada@example.com", required)]
    email: Option<String>,
    #[schema(example = json!(["owner@*"]))]
    grants: Vec<String>,
    #[schema(example = true)]
    two_step: bool,
    factors: Vec<FactorAnswer>,
}

refusals!(MeRefusals: Problem [ADMIN]);

/// Get the own account
///
/// Returns the identity, grants and second factors of the caller.
#[utoipa::path(
    operation_id = "admin_me_me",
    get, path = "/v1/admin/me", tag = "Administration", security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The caller", body = AdminMe), MeRefusals)
)]
pub(crate) async fn me(request: AdminSelf) -> Result<Json<AdminMe>, ApiError> {
    let grants = request.admin.grants().words();
    let Some(owner) = request.admin.owner() else {
        return Ok(Json(AdminMe { id: None, email: None, grants, two_step: false, factors: Vec::new() }));
    };
    let account = owner.account();
    let factors = request.second_factors()?.factors_of_owner(owner).await?;
    Ok(Json(AdminMe {
        id: Some(account.id.to_string()),
        email: Some(account.profile.email.as_str().to_owned()),
        grants,
        two_step: account.two_step,
        factors: factors.into_iter().map(Into::into).collect(),
    }))
}

/// Proof of the caller's identity.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminProof {
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
    /// Code of a second factor, if the account has one.
    #[schema(example = "123456")]
    code: Option<String>,
    /// Kind of the code: `totp` or `recovery_code`.
    r#type: Option<String>,
}

refusals!(StepUpRefusals: Problem [ADMIN, JSON, HASHING, &[LIMITED, PASSWORD_WRONG, MFA_INVALID, MFA_NO_FACTOR], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// Authenticate again
///
/// Required by routes that answer `auth.stale`. Accepts the password or, with two-step verification, password and
/// code.
#[utoipa::path(
    operation_id = "admin_me_step_up",
    post, path = "/v1/admin/me/step_up", tag = "Administration", security(("admin_session" = [])),
    request_body = AdminProof,
    responses(
        (status = 200, description = "Authenticated", body = Message, example = json!({"message": "Identity proved"})),
        StepUpRefusals,
    )
)]
pub(crate) async fn step_up(request: AdminSelf, JsonBody(mut fields): JsonBody) -> Result<Json<Message>, ApiError> {
    let (current, code, kind) = (fields.take("current_password"), fields.take("code"), fields.take("type"));
    fields.refuse_unknown()?;
    let second = SecondFactor { code: &code, kind: &kind, remember: &RawField::Missing };
    let max_age = RawField::from("0");
    let asked = StepUp { current_password: &current, second, acr_values: &RawField::Missing, max_age: &max_age };
    match request.sessions()?.step_up(request.owner()?, &asked).await? {
        Stepped::Up(_) => Ok(Message::say("Identity proved")),
        Stepped::Challenged(ticket) => Err(challenged(ticket)),
    }
}

/// Request to add an authenticator app.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminNewTotp {
    /// 1 to 64 characters. Defaults to `Authenticator app`.
    #[schema(example = "Phone")]
    name: Option<String>,
    /// Required if the sign-in is not recent.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

/// TOTP secret. Takes effect when a code is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminTotpOffer {
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    enrolment: String,
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    #[schema(example = "otpauth://totp/Portcullis:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    uri: String,
    /// Lifetime in seconds.
    #[schema(example = 600)]
    expires_in: u64,
}

refusals!(TotpRefusals: Problem [ADMIN, JSON, HASHING, &[LIMITED, AUTH_STALE, PASSWORD_WRONG, MFA_TOO_MANY], Fields(&[field("name", FACTOR_NAME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Start adding an authenticator app
///
/// Works like `me/mfa/totp` for users. With ADMIN_MFA=required, an administrator without a second factor can do
/// nothing else.
#[utoipa::path(
    operation_id = "admin_me_begin_totp",
    post, path = "/v1/admin/me/mfa/totp", tag = "Administration", security(("admin_session" = [])),
    request_body = AdminNewTotp,
    responses((status = 200, description = "The secret", body = AdminTotpOffer), TotpRefusals)
)]
pub(crate) async fn begin_totp(
    request: AdminSelf,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<AdminTotpOffer>, ApiError> {
    let (name, current) = (fields.take("name"), fields.take("current_password"));
    fields.refuse_unknown()?;
    let enrols = Enrols::Owner(request.owner()?, &current);
    let EnrolmentOffer { enrolment, secret, uri, expires_in } =
        request.second_factors()?.begin_totp(enrols, &name).await?;
    Ok(Json(AdminTotpOffer {
        enrolment: enrolment.expose().to_owned(),
        secret: secret.base32().to_string(),
        uri: uri.expose_secret().to_owned(),
        expires_in: expires_in.as_secs(),
    }))
}

/// First code of an authenticator app.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminTotpConfirmation {
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    enrolment: String,
    #[schema(example = "123456")]
    code: String,
}

/// The added factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminAddedFactor {
    #[serde(flatten)]
    factor: FactorAnswer,
    /// Returned with the first factor: ten codes, each of which can replace a factor once. Shown only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

refusals!(ConfirmRefusals: Problem [ADMIN, JSON, &[LIMITED, MFA_INVALID, MFA_TOO_MANY], Fields(&[field("enrolment", FIELD_MISSING), field("code", FIELD_MISSING), field("nickname", FIELD_UNKNOWN)])]);

/// Confirm an authenticator app
///
/// Works like `me/mfa/totp/confirm` for users.
#[utoipa::path(
    operation_id = "admin_me_confirm_totp",
    post, path = "/v1/admin/me/mfa/totp/confirm", tag = "Administration", security(("admin_session" = [])),
    request_body = AdminTotpConfirmation,
    responses(
        (status = 201, description = "Added", body = AdminAddedFactor, example = json!({
            "id": "qgfhl13dmdmn04qh7oqttabfms", "type": "totp", "name": "Phone", "created_at": "2026-01-01T10:00:00Z",
            "last_used_at": null, "recovery_codes": ["4kq7m-x2v9r-0b3nd", "9c0tz-6hw1e-s8pfa"],
        })),
        ConfirmRefusals,
    )
)]
pub(crate) async fn confirm_totp(
    request: AdminSelf,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<AdminAddedFactor>), ApiError> {
    let (enrolment, code) = (fields.take("enrolment"), fields.take("code"));
    fields.refuse_unknown()?;
    let enrols = Enrols::Owner(request.owner()?, &RawField::Missing);
    let Confirmed { factor, recovery_codes, .. } =
        request.second_factors()?.confirm_totp(enrols, &enrolment, &code).await?;
    let recovery_codes = recovery_codes.map(|codes| codes.expose().map(str::to_owned).collect());
    Ok((StatusCode::CREATED, Json(AdminAddedFactor { factor: factor.into(), recovery_codes })))
}
