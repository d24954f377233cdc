use axum::Json;
use portcullis_core::service::CreateForm;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{JsonBody, RealmRequest},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// What `create` takes; anything else in the body is ignored.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field so that every fault is named at once")]
struct NewUser {
    #[schema(example = "John")]
    first_name: String,
    #[schema(example = "Doe")]
    last_name: String,
    /// Canonicalised: trimmed, lower case.
    #[schema(example = "john.doe@example.com")]
    email: String,
    /// In E.164.
    #[schema(example = "+1234567890")]
    phone: String,
    /// An ISO 3166 code or a dial code.
    #[schema(example = "US")]
    country_code: String,
    /// At least 8 characters; 15 are advised.
    #[schema(example = "securepassword123", format = Password)]
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CreateAnswer {
    #[schema(example = "User created successfully")]
    message: &'static str,
    /// The canonical address, under the origin's spelling.
    #[serde(rename = "Email")]
    #[schema(example = "john.doe@example.com")]
    email: String,
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
}

refusals!(CreateRefusals: Problem [REALM, JSON, HASHING, &[LIMITED, EMAIL_TAKEN], Fields(&[field("first_name", FIELD_MISSING), field("email", EMAIL_INVALID), field("phone", PHONE_INVALID), field("country_code", COUNTRY_UNKNOWN), field("password", PASSWORD_TOO_SHORT)])]);

/// Create an account
///
/// Writes a registration and mails the link that verifies the address. The answer is the same whether or not the address
/// already has an account; its owner gets a mail that says so.
#[utoipa::path(
    post, path = "/v1/{realm}/create", tag = "Accounts",
    params(RealmPath),
    request_body = NewUser,
    responses(
        (status = 200, description = "Created; a mail is on its way", body = CreateAnswer),
        CreateRefusals,
    )
)]
pub(crate) async fn create(
    request: RealmRequest,
    JsonBody(mut fields): JsonBody,
) -> Result<Json<CreateAnswer>, ApiError> {
    let form = CreateForm {
        first_name: fields.take("first_name"),
        last_name: fields.take("last_name"),
        email: fields.take("email"),
        phone: fields.take("phone"),
        country_code: fields.take("country_code"),
        password: fields.take("password"),
    };
    let created = request.accounts().create(&form).await?;
    let (email, id) = (created.email.as_str().to_owned(), created.id.to_string());
    Ok(Json(CreateAnswer { message: "User created successfully", email, id }))
}
