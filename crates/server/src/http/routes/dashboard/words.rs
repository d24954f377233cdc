//! Texts of the dashboard.

/// Success messages by their code in the URL.
const DONE: &[(&str, &str)] = &[
    ("edited", "Changes saved."),
    ("contact", "Changes saved. The user's sessions have ended, and the old address was notified."),
    ("locked", "User locked. All sessions have ended."),
    ("unlocked", "User unlocked."),
    ("verified", "Marked as verified."),
    ("resent", "Verification email sent."),
    ("invited", "Invitation sent."),
    ("created", "User created."),
    ("reset", "Password reset sent."),
    ("compromised", "Password marked as compromised. A reset link was sent."),
    ("unthrottled", "Failed attempts cleared. The user can try again immediately."),
    ("ended", "Session ended."),
    ("all_ended", "All sessions ended."),
    ("factor_removed", "Second factor removed. The user is notified by email."),
    ("erased", "User erased."),
    ("granted", "Grants saved. They apply from the next request."),
    ("admin_removed", "Administrator removed."),
    ("key_revoked", "Key revoked. Requests with it are rejected."),
    ("client_added", "Client added."),
    ("client_saved", "Changes saved. They apply immediately, including to existing sessions of the client."),
    ("client_removed", "Client removed. Its tokens are rejected."),
    ("two_step", "Two-step verification is on."),
    ("retried", "Message scheduled. It will be sent within seconds."),
    ("dropped", "Message dropped. It won't be sent."),
    ("rotated", "New signing key created. It signs in an hour."),
    ("audit_rotated", "New audit key created. It signs from the next block. Keep a copy of its public key."),
    ("retired", "Signing key removed. All servers reject its tokens within a minute."),
];

/// Error message for a wrong TOTP code.
pub(super) const WRONG_CODE: &str = "That code is incorrect or has expired. Enter the current code from your app.";

/// Returns a success message.
pub(super) fn done(word: &str) -> Option<&'static str> {
    DONE.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

/// Returns the heading and text for an error code. If the text is empty, the API's text is shown.
pub(super) fn refusal(code: &str) -> (&'static str, &'static str) {
    match code {
        "admin.forbidden" => ("Your role doesn't allow this", "Ask an owner to do it, or to change your grants."),
        "not_found" | "" => ("Page not found", "It no longer exists, or you don't have access to it."),
        "request.cross_site" => ("This page expired", "Go back, reload the page, and try again."),
        "cursor.invalid" => ("This page of the list expired", "Go back to the first page of the list."),
        "overloaded" | "unavailable" => ("Not available right now", "Try again in a few seconds."),
        "limited" => ("Too many requests", "Wait a minute, then try again."),
        _ => ("That didn't work", ""),
    }
}

/// Returns the error message for a field.
pub(super) fn fault<'a>(code: &str, detail: &'a str) -> &'a str {
    match code {
        "reason.missing" => "Enter a reason of 10 to 500 characters",
        "email.invalid" => "Enter a full email address, like name@example.com",
        "phone.invalid" => "Enter a phone number with country code, like +1 202 555 0143",
        "time.invalid" => "Choose a time in the future",
        "grant.invalid" => "Choose at least one role",
        "field.missing" => "This field is required",
        _ => detail,
    }
}

/// Returns the error message for a whole form.
pub(super) fn problem<'a>(code: &str, detail: &'a str) -> &'a str {
    match code {
        "revision.stale" => "It was changed by someone else. Review it and submit again.",
        "owner.last" => "This is the last owner. Add another owner first.",
        "email.taken" => "That email address is already used, invited or reserved.",
        "user.status" => "Not possible in the account's current state.",
        "admin.forbidden" => "Your role doesn't allow this. Ask an owner.",
        "outbox.dead" => "Delivery was abandoned and the recipient deleted. Drop the message.",
        "key.in_use" => "Access tokens of this key may still be valid. Select the box to remove it anyway.",
        "signup.closed" => "Sign-up is closed in this realm, so no one can be invited. Create the user instead.",
        "client.exists" => "A client with this id exists. Choose another id.",
        "client.declared" => "A client with this id is in the settings of the server. Change it there.",
        "client.off" => "Clients need OIDC and PAGES to be on, and JWT_ISSUER not to be set.",
        "overloaded" | "unavailable" => "Not available right now. Try again in a few seconds.",
        _ => detail,
    }
}
