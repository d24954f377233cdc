use minijinja::Value;
use portcullis_core::{clock::Timestamp, message::SignIn};

use super::MailView;

/// Notifies the owner of a sign-in from an unknown device.
pub(super) const NEW_DEVICE: MailView =
    mail!("mail_new_device", "After a sign-in from an unknown device; not for the first sign-in of an account.");

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Returns the variables of a sign-in.
pub(super) fn variables(sign_in: &SignIn) -> [(&'static str, Value); 3] {
    let text = |value: &Option<String>| Value::from(value.clone().unwrap_or_default());
    let at = Timestamp::from_millis(sign_in.at);
    [("device", text(&sign_in.device)), ("ip", text(&sign_in.ip)), ("signed_in_at", in_words(at).into())]
}

/// Returns a sign-in for samples.
pub(super) fn sample(now: Timestamp) -> SignIn {
    let (device, ip) = (Some("Firefox on Linux".to_owned()), Some("192.0.2.14".to_owned()));
    SignIn { device, ip, at: now.millis() }
}

/// Formats a time to the minute: `29 November 2026, 14:12 UTC`.
pub(in crate::templates) fn in_words(at: Timestamp) -> String {
    let text = at.to_string();
    let parts: Vec<&str> = text.split(['-', 'T', ':']).collect();
    let [year, month, day, hour, minute, ..] = parts[..] else { return text };
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    let Some(month) = month else { return text };
    format!("{} {month} {year}, {hour}:{minute} UTC", day.trim_start_matches('0'))
}
