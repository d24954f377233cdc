//! Formatting of sessions and events for the pages.

use portcullis_core::{
    audit::ListedEvent,
    session::{Amr, ListedSession, device_name},
};

use crate::templates::pages::{EventRow, SessionRow};

/// Age up to which a session is marked as new.
const NEW_FOR: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

/// Formats a session for the list of devices.
pub(super) fn session(listed: ListedSession, now: portcullis_core::clock::Timestamp) -> SessionRow {
    let of_application = listed.application.map(|(_, name)| name);
    let device = listed.client.agent.as_deref().and_then(device_name).unwrap_or_else(|| "Unknown device".to_owned());
    let is_phone = ["iPhone", "Android", "iPad"].iter().any(|name| device.contains(name));
    SessionRow {
        id: listed.id.to_string(),
        current: listed.is_current,
        icon: if is_phone { "phone" } else { "laptop" },
        device: of_application.map_or_else(|| device.clone(), |name| format!("{name} on {device}")),
        ip: listed.client.ip.unwrap_or_default(),
        used: listed.last_used_at.into(),
        opened: listed.created_at.into(),
        how: how(&listed.amr),
        is_new: !listed.is_current && now.since(listed.created_at) < NEW_FOR,
    }
}

fn how(amr: &[Amr]) -> &'static str {
    let has = |method: Amr| amr.contains(&method);
    let has_key = has(Amr::HardwareKey) || has(Amr::SoftwareKey);
    match (has(Amr::Password), has(Amr::Otp)) {
        _ if has(Amr::User) => "with a passkey",
        (true, _) if has_key => "with password and passkey",
        (true, _) if has(Amr::Sms) => "with password and text message",
        (true, true) => "with password and code",
        (true, false) => "with password",
        (false, true) => "with a code",
        (false, false) => "by an administrator",
    }
}

/// Formats an event for the list of activity.
pub(super) fn event(listed: ListedEvent) -> EventRow {
    EventRow {
        text: text(&listed.event),
        is_bad: listed.outcome != "ok",
        at: listed.at.into(),
        device: listed.client.device.unwrap_or_default(),
        ip: listed.client.ip.unwrap_or_default(),
    }
}

fn text(event: &str) -> &'static str {
    match event {
        "registered" => "Signed up",
        "email_verified" | "registration_claimed" => "Email address confirmed",
        "logged_in" => "Signed in",
        "new_device" => "Signed in on a new device",
        "login_refused" => "Failed sign-in: wrong password",
        "logged_out" => "Signed out",
        "refresh_reused" => "A device was signed out because its session may have been copied",
        "reset_requested" => "Password reset requested",
        "password_reset" | "password_changed" => "Password changed",
        "password_refused" => "Wrong current password",
        "email_change_requested" => "Email address change requested",
        "email_change_dropped" => "Email address change cancelled",
        "email_changed" => "Email address changed",
        "email_change_undone" => "Old email address restored",
        "password_change_undone" => "Password change undone",
        "phone_changed" => "Phone number changed",
        "phone_removed" => "Phone number removed",
        "phone_verified" => "Phone number confirmed",
        "profile_changed" => "Details changed",
        "session_ended" => "A device was signed out",
        "sessions_ended" => "Other devices were signed out",
        "stepped_up" => "Confirmed your identity",
        "exported" => "Data downloaded",
        "mfa_challenged" => "Second step requested",
        "mfa_passed" => "Second step completed",
        "mfa_refused" => "Wrong code",
        "factor_added" => "Sign-in method added",
        "factor_removed" => "Sign-in method removed",
        "addition_undone" => "New sign-in method removed",
        "passkey_refused" => "Failed sign-in with a passkey",
        "passkey_counter" => "A passkey may have been copied",
        "password_removed" => "Password removed",
        "recovery_used" => "Recovery code used",
        "recovery_renewed" => "New recovery codes created",
        "two_step_changed" => "Two-step verification changed",
        "device_trusted" => "Device trusted",
        "device_distrusted" => "Trusted devices removed",
        "code_requested" => "Code by text message requested",
        "account_secured" => "Account secured",
        _ => "Account changed",
    }
}
