//! Filters: times and numbers of answers, as people read them.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes a time or date in RFC 3339 as `29 Nov 2026`. Other texts stay.
pub(super) fn day(text: &str) -> String {
    let parts: Vec<&str> = text.get(..10).unwrap_or_default().split('-').collect();
    let [year, month, day] = parts.as_slice() else { return text.to_owned() };
    let name = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    name.map_or_else(|| text.to_owned(), |name| format!("{} {name} {year}", day.trim_start_matches('0')))
}

/// Writes a time in RFC 3339 as `29 Nov 2026, 14:12`.
pub(super) fn minute(text: &str) -> String {
    match text.get(11..16) {
        Some(minute) => format!("{}, {minute}", day(text)),
        None => day(text),
    }
}

/// Writes a time in RFC 3339 as `29 Nov 2026, 14:12:07`.
pub(super) fn second(text: &str) -> String {
    match text.get(11..19) {
        Some(second) => format!("{}, {second}", day(text)),
        None => day(text),
    }
}

/// Writes the name of an event or a reason as words: `login_refused` as `Login refused`.
pub(super) fn words(text: &str) -> String {
    let words = text.replace(['_', '.'], " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Writes a number with commas between thousands.
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
