use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use portcullis_core::{error::catalogue::CROSS_SITE, seal};

use super::desk::Desk;
use crate::http::{
    extract::{AdminDoor, AdminSelf, Fields, PageForm},
    problem::ApiError,
    state::AppState,
};

/// A form submitted from a page of this session.
pub(super) struct Posted {
    pub(super) desk: Desk,
    pub(super) fields: Fields,
}

impl FromRequest<AppState> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let mut own = parts.clone();
        AdminDoor::from_request_parts(&mut own, state).await.map_err(IntoResponse::into_response)?;
        let form = PageForm::from_request(Request::from_parts(parts, body), state).await;
        let PageForm(mut fields) = match form {
            Ok(form) => form,
            Err(refusal) => return Err(traced(refusal, &mut own, state).await),
        };
        let desk = Desk::from_request_parts(&mut own, state).await?;
        let given = fields.take("token");
        // Comparing digests makes the duration independent of the submitted value.
        let digest = |text: &str| seal::digest([text.as_bytes()]);
        if digest(given.text().unwrap_or_default()) != digest(&desk.token) {
            return Err(traced(ApiError::from(CROSS_SITE).into_response(), &mut own, state).await);
        }
        Ok(Self { desk, fields })
    }
}

/// Records the sender of a rejected form for the audit row.
async fn traced(refusal: Response, parts: &mut Parts, state: &AppState) -> Response {
    // Recorded whether the credentials are correct or wrong.
    let _ = AdminSelf::from_request_parts(parts, state).await;
    refusal
}
