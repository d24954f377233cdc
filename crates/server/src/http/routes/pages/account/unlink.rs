use axum::{extract::State, response::Response};
use portcullis_core::{error::ErrorKind, service::RawField};

use super::{go, say, turned};
use crate::http::{
    extract::{PageForm, Says, SignedIn, Turned},
    openapi::RealmPath,
    state::AppState,
};

/// Unlink an account at a provider
///
/// Ends the sessions created with it. Requires a recent login.
#[utoipa::path(post, path = "/v1/{realm}/account/security/unlink", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn unlink(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    let id = fields.peek("id").unwrap_or_default();
    match signed_in.visit.request.federation().unlink(&owner, &RawField::Missing, id).await {
        Ok(()) => {
            Ok(signed_in.renewed(&state, say(&state, &signed_in, "account/security", Says::Done("unlinked"))).await)
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            Ok(say(&state, &signed_in, "account/security", Says::Problem("last")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(go(&signed_in, "account/security")),
        Err(error) => Err(turned(&signed_in, error)),
    }
}
