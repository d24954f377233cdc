use std::time::Duration;

use super::format::ValueFormat;

pub(crate) const DURATION: ValueFormat<Duration> = ValueFormat::new("DURATION", read_duration);

/// Maximum duration, ten years. A longer one is a mistake, and adding it to the current time could overflow the
/// calendar.
const MAX: u64 = 3650 * 24 * 3_600_000;

/// Format of a delay. It may be `0s`, and is at most one minute, because users wait for it.
pub(crate) const DELAY: ValueFormat<Duration> = ValueFormat::new("DURATION", |text| match millis(text) {
    Some(millis @ 0..=60_000) => Ok(Duration::from_millis(millis)),
    Some(_) => Err("must be between `0s` and `1m`, because users wait for the message".to_owned()),
    None => Err(NO_DURATION.to_owned()),
});

/// Format of a duration that may be `0`, which means never.
pub(crate) const DURATION_OR_NEVER: ValueFormat<Duration> = ValueFormat::new("DURATION", |text| match millis(text) {
    Some(0) => Ok(Duration::ZERO),
    _ => read_duration(text),
});

/// Format of the timeout of a call that other requests wait for.
pub(crate) const CALL: ValueFormat<Duration> = ValueFormat::new("DURATION", |text| match millis(text) {
    Some(millis @ 10..=10_000) => Ok(Duration::from_millis(millis)),
    Some(_) => Err("must be between `10ms` and `10s`: requests wait for it".to_owned()),
    None => Err(NO_DURATION.to_owned()),
});

const NO_DURATION: &str = "must be a duration such as `500ms`, `90s`, `30m`, `1h30m` or `30d`, or a number of seconds";

/// Parses a duration. The error describes the accepted format.
pub(crate) fn read_duration(text: &str) -> Result<Duration, String> {
    match millis(text) {
        Some(millis @ 1000..=MAX) => Ok(Duration::from_millis(millis)),
        Some(_) => Err("must be between one second and ten years".to_owned()),
        None => Err(NO_DURATION.to_owned()),
    }
}

/// Parses a number of seconds, or numbers with units, largest unit first (`1h30m`).
fn millis(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse::<u64>() {
        return seconds.checked_mul(1000);
    }
    let (mut total, mut rest, mut below) = (0_u64, text, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, after) = after.split_at_checked(letters)?;
        let unit = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 24 * 3_600_000,
            _ => return None,
        };
        if unit >= below {
            return None;
        }
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        (rest, below) = (after, unit);
    }
    (!text.is_empty()).then_some(total)
}
