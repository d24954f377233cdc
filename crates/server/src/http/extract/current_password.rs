use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use portcullis_core::service::RawField;
use utoipa::ToSchema;

use super::body::OptionalJsonBody;
use crate::http::{problem::ApiError, state::AppState};

/// Proof of the caller's identity. The body can be omitted if the login is recent.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct CurrentPassword {
    /// Required if the login is not recent and two-step verification is off.
    #[schema(value_type = Option<String>, example = "securepassword123", format = Password)]
    pub(in crate::http) current_password: RawField,
}

impl FromRequest<AppState> for CurrentPassword {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let OptionalJsonBody(mut fields) = OptionalJsonBody::from_request(request, state).await?;
        let current_password = fields.take("current_password");
        fields.refuse_unknown().map_err(|error| ApiError::from(error).into_response())?;
        Ok(Self { current_password })
    }
}
