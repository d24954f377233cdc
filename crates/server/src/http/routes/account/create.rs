use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::service::CreateForm;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::{
    extract::{JsonBody, RealmRequest, RegistrationCookie},
    openapi::{self, RealmPath, refusals},
    problem::ApiError,
    state::AppState,
};

/// Body of `create`. Unknown members are ignored. `email` and `password` are sufficient, unless the setting
/// `SIGNUP_REQUIRED` lists more fields.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewUser {
    #[schema(example = "John")]
    first_name: Option<String>,
    #[schema(example = "Doe")]
    last_name: Option<String>,
    /// Canonicalized: trimmed, lower case.
    #[schema(example = "john.doe@example.com")]
    email: String,
    /// Phone number in E.164 format.
    #[schema(example = "+1234567890")]
    phone: Option<String>,
    /// An ISO 3166 code or a calling code.
    #[schema(example = "US")]
    country_code: Option<String>,
    /// At least 8 characters; 15 are recommended.
    #[schema(example = "securepassword123", format = Password)]
    password: String,
    #[schema(schema_with = openapi::optional_attributes)]
    attributes: Option<Map<String, Value>>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CreateAnswer {
    #[schema(example = "User created successfully")]
    message: &'static str,
    /// The canonical address, with the member name of the original service.
    #[serde(rename = "Email")]
    #[schema(example = "john.doe@example.com")]
    email: String,
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
}

refusals!(CreateRefusals: Problem [REALM, JSON, HASHING, &[LIMITED, SIGNUP_CLOSED, EMAIL_TAKEN], Fields(&[field("first_name", FIELD_MISSING), field("email", EMAIL_INVALID), field("phone", PHONE_INVALID), field("country_code", COUNTRY_UNKNOWN), field("attributes", ATTRIBUTES_INVALID), field("password", PASSWORD_TOO_SHORT)])]);

/// Create an account
///
/// Stores a registration and sends a verification link by email. The response is the same whether or not the address
/// already has an account; its owner is notified by email. Browsers also receive the cookie
/// `portcullis_registration`, which allows the page of the verification link to activate the account without a click.
#[utoipa::path(
    post, path = "/v1/{realm}/create", tag = "Accounts",
    params(RealmPath),
    request_body(content((NewUser = "application/json", examples(
        ("smallest" = (summary = "Address and password", value = json!({
            "email": "john.doe@example.com", "password": "securepassword123",
        }))),
        ("all" = (summary = "All fields", value = json!({
            "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "phone": "+1234567890",
            "country_code": "US", "password": "securepassword123", "attributes": {"plan": "team"},
        }))),
    )))),
    responses(
        (status = 200, description = "Created; an email will be sent", body = CreateAnswer),
        CreateRefusals,
    )
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    request: RealmRequest,
    cookie: RegistrationCookie,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let form = CreateForm {
        first_name: fields.take("first_name"),
        last_name: fields.take("last_name"),
        email: fields.take("email"),
        phone: fields.take("phone"),
        country_code: fields.take("country_code"),
        password: fields.take("password"),
        attributes: fields.take("attributes"),
    };
    let created = request.accounts().create(&form).await?;
    let (email, id) = (created.email.as_str().to_owned(), created.id.to_string());
    let answer = Json(CreateAnswer { message: "User created successfully", email, id }).into_response();
    Ok(cookie.set(answer, &state, &created.proof, request.realm.policy.registration_ttl))
}
