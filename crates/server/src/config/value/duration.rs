use std::time::Duration;

use super::format::ValueFormat;

pub(crate) const DURATION: ValueFormat<Duration> = ValueFormat::new("DURATION", read_duration);

/// Maximum duration, ten years. A longer one is a mistake, and could exceed the calendar when added to the current time.
const LONGEST: u64 = 3650 * 24 * 3_600_000;

pub(super) fn read_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => Some(1),
        "" | "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(24 * 3_600_000),
        _ => None,
    };
    let millis = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
    match millis {
        Some(millis @ 1000..=LONGEST) => Ok(Duration::from_millis(millis)),
        Some(_) => Err("must be between one second and ten years".to_owned()),
        None => Err("must be a duration such as `90s`, `30m`, `12h` or `30d`, or a number of seconds".to_owned()),
    }
}
