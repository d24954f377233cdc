//! Filters that format times and numbers for people.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Formats an RFC 3339 time or date as `29 Nov 2026`. Other text is unchanged.
pub(super) fn day(text: &str) -> String {
    let parts: Vec<&str> = text.get(..10).unwrap_or_default().split('-').collect();
    let [year, month, day] = parts.as_slice() else { return text.to_owned() };
    let name = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    name.map_or_else(|| text.to_owned(), |name| format!("{} {name} {year}", day.trim_start_matches('0')))
}

/// Formats an RFC 3339 time as `29 Nov 2026, 14:12`.
pub(super) fn minute(text: &str) -> String {
    match text.get(11..16) {
        Some(minute) => format!("{}, {minute}", day(text)),
        None => day(text),
    }
}

/// Formats an RFC 3339 time as `29 Nov 2026, 14:12:07`.
pub(super) fn second(text: &str) -> String {
    match text.get(11..19) {
        Some(second) => format!("{}, {second}", day(text)),
        None => day(text),
    }
}

/// Formats an event name or a reason as words: `login_refused` becomes `Login refused`.
pub(super) fn words(text: &str) -> String {
    let words = text.replace(['_', '.'], " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Formats a number with commas as thousands separators.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0 { format!("−{grouped}") } else { grouped }
}
