//! Error messages for form fields. The API's messages are written for developers.

use portcullis_core::error::FieldError;

/// Returns the field and the message for the user.
pub(super) fn of(error: &FieldError, min_length: usize) -> (&'static str, String) {
    let field = name(&error.field);
    let words = match (error.code, field) {
        ("field.missing", "email") => "Enter your email address",
        ("field.missing", "first_name") | ("name.empty", "first_name") => "Enter your first name",
        ("field.missing", "last_name") | ("name.empty", "last_name") => "Enter your last name",
        ("field.missing", "password" | "new_password" | "current_password") => "Enter your password",
        ("field.missing", "country_code") | ("country.unknown", _) => "Choose your country",
        ("field.missing", "code") | ("code.invalid", _) => "Enter the 6-digit code",
        ("field.missing", "phone") | ("phone.invalid", _) => {
            "Enter a phone number with country code, like +1 202 555 0143"
        }
        ("email.invalid", _) => "Enter a full email address, like name@example.com",
        ("email.unchanged", _) => "Choose an email address different from your current one",
        ("name.too_long", _) => "Use 100 characters or fewer",
        ("name.unwritable", _) => "Use letters, spaces and common punctuation only",
        ("password.too_short", _) => return (field, format!("Use at least {min_length} characters")),
        ("password.breached" | "password.repetitive", _) => {
            "Choose a password that isn't widely used. This one has appeared in data breaches."
        }
        ("password.guessable", _) => "Choose a password that doesn't contain your name or email address",
        ("password.unchanged", _) => "Choose a password different from your current one",
        ("password.impossible", _) => "Use at most 1,024 characters",
        _ => return (field, error.detail.clone().into_owned()),
    };
    (field, words.to_owned())
}

/// Returns the display name of a field.
fn name(field: &str) -> &'static str {
    match field {
        "email" | "username" => "email",
        "first_name" => "first_name",
        "last_name" => "last_name",
        "phone" => "phone",
        "country_code" => "country_code",
        "new_password" => "new_password",
        "current_password" => "current_password",
        "code" | "otp" => "code",
        _ => "password",
    }
}
