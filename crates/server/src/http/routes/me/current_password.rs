use utoipa::ToSchema;

/// Proof of identity if the login is not recent.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct CurrentPassword {
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}
